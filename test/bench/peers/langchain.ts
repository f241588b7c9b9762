import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod/v4'
import { fenced } from '../overhead/contract.ts'
import type { CreatePeer } from './peer.ts'

export const createPeer: CreatePeer = async ({ upstream, contract }) => {
  const model = new ChatOpenAI({
    model: contract.model,
    temperature: 0,
    maxTokens: 256,
    apiKey: 'bench',
    configuration: { baseURL: `${upstream}/v1` },
  })
  const structured = model.withStructuredOutput(z.object({ tags: z.array(z.literal([...contract.ids])).max(3) }), {
    name: 'assigned_tags',
    method: 'jsonSchema',
    strict: true,
  })
  return async text => {
    const { tags } = await structured.invoke([
      { role: 'system', content: contract.system },
      { role: 'user', content: fenced(text) },
    ])
    return tags
  }
}
