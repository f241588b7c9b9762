import { z } from 'zod'
import type { EmbeddingModel } from '../../core/model/engine.ts'
import { cleanName } from '../../core/names.ts'
import { unknownUsage } from '../../core/usage.ts'
import { createBoundedFetch } from '../openai/bounded-fetch.ts'
import { type Access, clientOptions, WholeErrorClient } from '../openai/lean-client.ts'
import { readCost, readUsage } from '../openai/replies/read-usage.ts'
import { malformed, toldFailure } from '../openai/replies/told-failure.ts'
import { failureOf } from '../openai/sdk-errors.ts'

const path = '/embeddings'
/** Room for a call of many texts by a model of many dimensions, written out in full. */
const replyLimit = 33_554_432

const Reply = z.object({
  data: z.array(z.object({ index: z.int().min(0).optional(), embedding: z.array(z.number()).min(1).max(16_384) })),
  model: z.unknown(),
  usage: z.unknown(),
})

/** What a model wants before each text, by its name: without it, it was not trained on such texts. */
const prefixes: readonly { readonly model: RegExp; readonly prefix: string }[] = [
  // https://huggingface.co/intfloat/multilingual-e5-small: "Use "query: " prefix for symmetric tasks".
  { model: /(^|[^a-z])e5(?!.*instruct)/i, prefix: 'query: ' },
  // https://huggingface.co/nomic-ai/nomic-embed-text-v1.5: "classification: Purpose: embed texts into vectors that will be used as features for a classification model".
  { model: /nomic-embed-text/i, prefix: 'classification: ' },
]

/** Any endpoint that speaks the embeddings API of OpenAI, through its SDK. */
export function createEmbeddingModel({ model, ...access }: Access & { readonly model: string }): EmbeddingModel {
  const { baseUrl, timeout } = access
  const fetch = createBoundedFetch({ replyLimit, milliseconds: timeout })
  const client = new WholeErrorClient({ ...clientOptions(access), fetch })
  const prefix = prefixes.find(row => row.model.test(model))?.prefix ?? ''
  return {
    endpoint: new URL(baseUrl).host,
    model,
    async embed(texts) {
      try {
        const posted = client.post<unknown>(path, { body: { model, input: texts.map(text => prefix + text) } })
        const { data, response } = await posted.withResponse()
        const reply = Reply.safeParse(data).data
        const vectors = reply && vectorsOf(reply.data, texts.length)
        if (!vectors) {
          const { headers } = response
          return { ok: false, failure: toldFailure(data, headers) ?? malformed(data, headers) }
        }
        const told = readUsage(reply.usage)
        return {
          ok: true,
          vectors,
          model: cleanName(reply.model) ?? model,
          // Nothing is written. Some servers count nothing and say 0.
          usage: told.input_tokens ? { ...told, output_tokens: 0 } : unknownUsage,
          cost: readCost(reply.usage),
        }
      } catch (error) {
        return { ok: false, failure: failureOf(error) }
      }
    },
  }
}

/** In the order of the texts; undefined where one is missing or unlike the others. */
function vectorsOf(rows: z.infer<typeof Reply>['data'], texts: number): readonly Float32Array[] | undefined {
  const vectors = new Array<Float32Array | undefined>(texts)
  for (const [place, { index = place, embedding }] of rows.entries())
    if (index < texts) vectors[index] = Float32Array.from(embedding)
  const [first] = vectors
  const isWhole = (vector: Float32Array | undefined): vector is Float32Array =>
    vector !== undefined && vector.length === first?.length && vector.some(value => value !== 0)
  return rows.length === texts && Array.from(vectors).every(isWhole) ? (vectors as Float32Array[]) : undefined
}
