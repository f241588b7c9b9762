import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, Output } from 'ai'
import { z } from 'zod/v4'
import { fenced } from '../overhead/contract.ts'
import type { CreatePeer } from './peer.ts'

export const createPeer: CreatePeer = async ({ upstream, contract }) => {
  const provider = createOpenAICompatible({
    name: 'bench',
    baseURL: `${upstream}/v1`,
    apiKey: 'bench',
    supportsStructuredOutputs: true,
  })
  const model = provider.chatModel(contract.model)
  const output = Output.object({
    name: 'assigned_tags',
    schema: z.object({ tags: z.array(z.literal([...contract.ids])).max(3) }),
  })
  return async text => {
    const answer = await generateText({
      model,
      output,
      system: contract.system,
      prompt: fenced(text),
      temperature: 0,
      maxOutputTokens: 256,
    })
    return answer.output.tags
  }
}
