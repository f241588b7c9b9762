import { setImmediate as turn } from 'node:timers/promises'
import type { Delivery } from '../domain/batch.ts'
import { type BatchEstimate, createSample } from '../domain/batch-estimate.ts'
import type { BatchSettings } from '../domain/batch-settings.ts'
import { ServiceError } from '../domain/outcome.ts'
import { unknownUsage } from '../domain/usage.ts'
import { readHeader, readItem, requestOf } from './batch-items.ts'
import { readPieces, type Upload } from './batch-upload.ts'
import type { Endpoint } from './endpoint.ts'
import { chooseEndpoint, modelAsked } from './endpoint-choice.ts'
import type { Prices } from './ports.ts'
import type { Task, Tasks } from './tasks.ts'

export interface EstimateOptions {
  readonly tasks: Tasks
  /** By the way an item goes. */
  readonly prices: Readonly<Record<Delivery, Prices>>
  readonly endpoints: readonly [Endpoint, ...Endpoint[]]
  readonly tokenCap: number
  /** @throws ServiceError when no item could be run under these settings */
  readonly check: (settings: BatchSettings) => Promise<void>
  /** The longest entry, in bytes. */
  readonly entryLimit: number
}

const sampleSize = 100
const bytesForToken = 4
const tokensIn = (text: string) => Math.ceil(Buffer.byteLength(text) / bytesForToken)

/** What a batch would take, from a sample of it rendered as it would be sent. Nothing is stored, and no model asked. */
export function createEstimates({ tasks, prices, endpoints, tokenCap, check, entryLimit }: EstimateOptions) {
  /** @throws ServiceError */
  return async ({ settings: given, body }: Pick<Upload, 'settings' | 'body'>): Promise<BatchEstimate> => {
    const sample = createSample<string>(sampleSize)
    let settings = given
    let items = 0
    let unreadable = 0
    let isFirst = true
    for await (const piece of readPieces(body, entryLimit)) {
      const header = isFirst ? readHeader(piece) : undefined
      if (isFirst) {
        settings = { ...given, ...header }
        await check(settings)
      }
      isFirst = false
      if (header) continue
      const item = readItem(piece, { seq: 0, limit: entryLimit })
      if ('outcome' in item) unreadable += 1
      else {
        items += 1
        sample.add(item.document)
      }
    }
    if (isFirst) throw new ServiceError('invalid_request', 'The body holds no item.')
    const calls: ReturnType<typeof sizeOf>[] = []
    for (const document of sample.entries()) {
      const task = prepared(document, settings)
      if (task) calls.push(sizeOf(task, settings))
      await turn()
    }
    const { delivery = 'live', endpoint } = settings
    const { model } = endpoint === undefined ? endpoints[0] : chooseEndpoint(endpoints, endpoint)
    const sampled = sample.entries().length
    const asked = calls[0]?.model ?? model
    /** Of the sample, as if all items were like it. */
    const all = (of: (call: (typeof calls)[number]) => number) =>
      sampled === 0 ? 0 : Math.round((calls.reduce((sum, call) => sum + of(call), 0) / sampled) * items)
    const input = all(call => call.input)
    const output = { low: all(call => call.answer), high: all(() => tokenCap) }
    const cost = (more: { output_tokens: number; cached_input_tokens: number }) =>
      prices[delivery].cost(asked, { ...unknownUsage, input_tokens: input, ...more })
    const low = cost({ output_tokens: output.low, cached_input_tokens: all(call => call.fixed) })
    const high = cost({ output_tokens: output.high, cached_input_tokens: 0 })
    return {
      object: 'batch_estimate',
      ...{ items, unreadable, sampled, unusable: sampled - calls.length, model: asked, delivery },
      input_tokens: input,
      output_tokens: output,
      cost_usd: low === null || high === null ? null : { low, high },
    }
  }

  /** Undefined for a text that would fail before a model is asked. */
  function prepared(document: string, settings: BatchSettings): Task | undefined {
    try {
      return tasks.prepare(requestOf(document, settings))
    } catch (error) {
      if (error instanceof ServiceError) return undefined
      throw error
    }
  }

  function sizeOf({ messages, schema, choices, maxTags, prompt }: Task, { endpoint }: BatchSettings) {
    const schemaTokens = tokensIn(JSON.stringify(schema))
    const [system, ...rest] = messages().map(({ role, content }) => ({ role, tokens: tokensIn(content) }))
    const fixed = schemaTokens + (system?.role === 'system' ? system.tokens : 0)
    return {
      model: modelAsked(endpoints, { prompt, endpoint }),
      fixed,
      input: schemaTokens + [system, ...rest].reduce((sum, message) => sum + (message?.tokens ?? 0), 0),
      answer: tokensIn(JSON.stringify({ tags: choices.labels.slice(0, maxTags) })),
    }
  }
}
