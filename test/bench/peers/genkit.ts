import { openAI } from '@genkit-ai/compat-oai/openai'
import { genkit, z } from 'genkit'
import { fenced } from '../overhead/contract.ts'
import { type CreatePeer, enumOf } from './peer.ts'

export const createPeer: CreatePeer = async ({ upstream, contract }) => {
  // The plugin has no setting for it, but its client reads this one.
  process.env.OPENAI_BASE_URL = `${upstream}/v1`
  const ai = genkit({ plugins: [openAI({ apiKey: 'bench' })] })
  const schema = z.object({ tags: z.array(z.nativeEnum(enumOf(contract))).max(3) })
  // A model whose name it does not know gets the schema in the prompt alone, so it is called by one it does.
  const model = openAI.model('gpt-4o')
  return async text => {
    const { output } = await ai.generate({
      model,
      system: contract.system,
      prompt: fenced(text),
      output: { schema },
      config: { temperature: 0, max_tokens: 256 },
    })
    if (output === null) throw new Error('invalid reply')
    return output.tags
  }
}
