import createInstructor from '@instructor-ai/instructor'
import { OpenAI } from 'openai'
import { z } from 'zod'
import { fenced } from '../overhead/contract.ts'
import { type CreatePeer, enumOf } from './peer.ts'

/** Its own words for structured output: a `json_object` format that carries the schema, and the schema in the prompt. */
export const createPeer: CreatePeer = async ({ upstream, contract }) => {
  const client = createInstructor({
    client: new OpenAI({ baseURL: `${upstream}/v1`, apiKey: 'bench' }),
    mode: 'JSON_SCHEMA',
  })
  const schema = z.object({ tags: z.array(z.nativeEnum(enumOf(contract))).max(3) })
  return async text => {
    const { tags } = await client.chat.completions.create({
      model: contract.model,
      temperature: 0,
      max_tokens: 256,
      messages: [
        { role: 'system', content: contract.system },
        { role: 'user', content: fenced(text) },
      ],
      response_model: { schema, name: 'assigned_tags' },
    })
    return tags
  }
}
