import type { KnownAnswers } from '../answers/index.ts'
import type { Delivery } from '../core/batch/batch.ts'
import { type BatchEstimate, createPlaces } from '../core/batch/batch-report.ts'
import type { BatchSettings } from '../core/batch/batch-settings.ts'
import type { ClassifyRequest } from '../core/classification.ts'
import { chooseEndpoint, modelAsked } from '../core/endpoint-names.ts'
import { readPieces } from '../core/lines/entry.ts'
import { createIgnoredFields } from '../core/lines/ignored-fields.ts'
import { createSplitter } from '../core/lines/split.ts'
import type { Endpoint } from '../core/model/endpoint.ts'
import type { ReadRequest, Task, Tasks } from '../core/model/task.ts'
import { ServiceError } from '../core/outcome.ts'
import type { ListedTag } from '../core/tags/tag-list.ts'
import { ownTurn } from '../core/time/event-loop-turns.ts'
import { type Prices, unknownUsage } from '../core/usage.ts'
import type { Upload } from './upload.ts'
import { readHeader, readItem, requestOf } from './upload-entries.ts'

export interface EstimateOptions {
  readonly tasks: Tasks
  /** By the way an item goes. */
  readonly prices: Readonly<Record<Delivery, Prices>>
  readonly endpoints: readonly [Endpoint, ...Endpoint[]]
  readonly knownAnswers: Pick<KnownAnswers, 'keyOf' | 'holds'>
  /** Undefined where the embedded ranker answers nothing in place of the model. */
  readonly cheapMode?: { spares(task: Task): Promise<boolean> } | undefined
  readonly tokenCap: number
  /** @throws ServiceError when no item could be run under these settings */
  readonly check: (settings: BatchSettings) => Promise<void>
  /** The longest entry, in bytes. */
  readonly entryLimit: number
}

type EstimatedUpload = Pick<Upload, 'settings' | 'strict' | 'body'>

const sampleSize = 100
/** Looking an answer up costs much less than rendering a prompt. */
const lookUps = 1_000
const bytesForToken = 4
const tokensIn = (text: string) => Math.ceil(Buffer.byteLength(text) / bytesForToken)

const tokensOfChoice = (tags: readonly ListedTag[]) =>
  tokensIn(tags.map(({ name, description = '' }) => name + description).join(''))

type Found = 'cached' | 'unknown' | 'unusable'

/** What a batch would take, from a sample of it rendered as it would be sent. Nothing is stored, and no model asked. */
export function createEstimates(options: EstimateOptions) {
  const { tasks, prices, endpoints, knownAnswers, cheapMode, tokenCap, check, entryLimit } = options
  /** @throws ServiceError */
  return async ({ settings: given, strict, body }: EstimatedUpload): Promise<BatchEstimate> => {
    const ignored = createIgnoredFields()
    const sample = { place: createPlaces(sampleSize), documents: [] as string[] }
    const looked = { place: createPlaces(lookUps), found: [] as Found[] }
    let settings = given
    let items = 0
    let unreadable = 0
    let isFirst = true
    for await (const piece of readPieces(body, createSplitter({ limit: entryLimit }))) {
      const header = isFirst ? readHeader(piece) : undefined
      if (isFirst) {
        settings = { ...given, ...header }
        await check(settings)
      }
      isFirst = false
      if (header) continue
      const item = readItem(piece, { seq: 0, limit: entryLimit, ignored: strict ? undefined : ignored })
      if ('outcome' in item) unreadable += 1
      else {
        items += 1
        const place = sample.place()
        if (place !== undefined) sample.documents[place] = item.document
        const lookUp = looked.place()
        if (lookUp !== undefined) looked.found[lookUp] = await find(item.document, settings)
      }
    }
    if (isFirst) throw new ServiceError('invalid_request', 'The body holds no item.')
    const { delivery = 'live' } = settings
    const { name, model } = onlyEndpoint(settings) ?? endpoints[0]
    const calls: ReturnType<typeof sizeOf>[] = []
    let spared = 0
    for (const document of sample.documents) {
      const request = read(requestOf(document, settings))
      if (request?.isCheap && (await cheapMode?.spares(tasks.complete(request)))) spared += 1
      else if (request) calls.push(sizeOf(request, settings))
      await ownTurn()
    }
    const sampled = sample.documents.length
    const asked = calls[0]?.model ?? model
    const countOf = (what: Found) => looked.found.filter(found => found === what).length
    const [cached, unknown] = [countOf('cached'), countOf('unknown')]
    const asks = calls.length + spared === 0 ? 0 : items * (unknown / Math.max(1, unknown + cached))
    /** Of the sample, as if all items that have to be asked about were like it. */
    const all = (of: (call: (typeof calls)[number]) => number) =>
      sampled === 0 ? 0 : Math.round((calls.reduce((sum, call) => sum + of(call), 0) / sampled) * asks)
    const input = all(call => call.input)
    const output = { low: all(call => call.answer), high: all(call => (call.answer === 0 ? 0 : tokenCap)) }
    const cost = (more: { output_tokens: number; cached_input_tokens: number }) => {
      if (input === 0) return 0
      const usage = { ...unknownUsage, input_tokens: input, ...more }
      return prices[delivery].cost({ endpoint: name, model: asked, usage })
    }
    const low = cost({ output_tokens: output.low, cached_input_tokens: all(call => call.fixed) })
    const high = cost({ output_tokens: output.high, cached_input_tokens: 0 })
    return {
      object: 'batch_estimate',
      ...{ items, unreadable, sampled, unusable: sampled - calls.length - spared, model: asked, delivery },
      cached: Math.round((cached / Math.max(1, looked.found.length)) * items),
      ...(settings.mode === 'cheap' && { cheap: sampled === 0 ? 0 : Math.round((spared / sampled) * asks) }),
      input_tokens: input,
      output_tokens: output,
      cost_usd: low === null || high === null ? null : { low, high },
      ...(ignored.entries > 0 && { warnings: ignored.warnings() }),
    }
  }

  function onlyEndpoint({ endpoint }: BatchSettings): Endpoint | undefined {
    return endpoint === undefined ? undefined : chooseEndpoint(endpoints, endpoint)
  }

  async function find(document: string, settings: BatchSettings): Promise<Found> {
    await ownTurn()
    const body = requestOf(document, settings)
    const request = read(body)
    if (request === undefined) return 'unusable'
    if (body.cache === false) return 'unknown'
    const key = knownAnswers.keyOf(request, onlyEndpoint(settings))
    return (await knownAnswers.holds(key, request)) ? 'cached' : 'unknown'
  }

  /** Undefined for a text that would fail before a model is asked. */
  function read(request: ClassifyRequest): ReadRequest | undefined {
    try {
      return tasks.read(request)
    } catch (error) {
      if (error instanceof ServiceError) return undefined
      throw error
    }
  }

  function sizeOf(request: ReadRequest, settings: BatchSettings) {
    const { endpoint } = settings
    const { messages, schema, choices, maxTags, prompt, document } = tasks.complete(request)
    const { reads } = onlyEndpoint(settings) ?? endpoints[0]
    if (reads === 'questions' && prompt.questions) {
      // A list that is split over calls sends the text with each: how many there will be is known once it was asked.
      const { ofTag, choice = '' } = prompt.questions
      const fixed =
        tokensIn([...choices.tags.map(ofTag), choice].join('')) + (choice ? tokensOfChoice(choices.tags) : 0)
      const model = modelAsked(endpoints, { prompt, endpoint })
      return { model, fixed, input: fixed + tokensIn(document.text()), answer: 0 }
    }
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
