import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { EncodeOptions, Encoder } from '../../core/model/endpoint.ts'
import type { EmbeddingModel } from '../../core/model/engine.ts'
import type { EncodedList, Encoding } from '../../core/ranking.ts'
import type { TagList } from '../../core/tags/tag-list.ts'
import { inTime } from '../../core/time/promises.ts'
import { type Attempt, sumUsage } from '../../core/usage.ts'
import { createCircuit } from '../limits/circuit.ts'
import { createTextQueue } from './text-queue.ts'

export interface EncoderOptions {
  /** The most time, in milliseconds, that a call of the model may take. */
  readonly timeout: number
  readonly encoding: Encoding
  readonly log?: Pick<Console, 'info' | 'warn'> | undefined
}

const textsPerCall = 16
const callsAtOnce = 4
const bytesKept = 268_435_456
const tries = 3
const firstPause = 1_000
/** As of chat endpoints, but sooner: a request that asks in vain waits for nothing. */
const circuitTimes = { texts: 3, span: 1_000, firstWait: 5_000, longestWait: 60_000 }

/** Keeps the vectors of lists in memory; a text is read once, with those that come at the same time. */
export function createEncoder(model: EmbeddingModel, { timeout, encoding, log }: EncoderOptions): Encoder {
  const { endpoint, model: name } = model
  const queue = createTextQueue(model, { textsPerCall, callsAtOnce })
  const lists = new LRUCache<string, EncodedList>({ maxSize: bytesKept, sizeCalculation: ({ bytes }) => bytes + 1 })
  const reading = new Map<string, Promise<EncodedList | undefined>>()
  let background: readonly Float32Array[] | undefined
  const circuit = createCircuit({
    ...circuitTimes,
    onChange: isOpen =>
      isOpen
        ? log?.warn({ endpoint, model: name }, 'embeddings fail; the ranker does without them for now')
        : log?.info({ endpoint, model: name }, 'there are embeddings again'),
  })

  async function read(text: string, { source, onAttempt }: EncodeOptions): Promise<Float32Array | undefined> {
    const call = circuit.begin(source)
    const { vector, attempt } = await queue.read(text)
    onAttempt(attempt)
    if (vector) call.succeeded()
    else call.failed()
    return vector
  }

  /** All of them, or none: undefined as soon as one fails as often as it is tried. */
  async function readAll(texts: readonly string[], attempts: Attempt[]): Promise<readonly Float32Array[] | undefined> {
    const vectors = await Promise.all(
      texts.map(async text => {
        for (let failures = 0; ; ) {
          const { vector, attempt } = await queue.read(text, { canWait: true })
          attempts.push(attempt)
          failures += 1
          if (vector || failures === tries) return vector
          await sleep(firstPause * failures, undefined, { ref: false })
        }
      }),
    )
    return vectors.every(vector => vector !== undefined) ? vectors : undefined
  }

  async function readList(list: TagList, onAttempt: EncodeOptions['onAttempt']): Promise<EncodedList | undefined> {
    const attempts: Attempt[] = []
    background ??= await readAll(encoding.background, attempts)
    const vectors = background && (await readAll(list.tags.map(encoding.ofTag), attempts))
    const last = attempts.at(-1)
    // One for the list as a whole: it may have ten thousand tags.
    if (last)
      onAttempt({
        ...last,
        usage: sumUsage(attempts.map(({ usage }) => usage)),
        cost_usd: attempts.reduce<number | null>(
          (sum, { cost_usd }) => (cost_usd === null ? sum : (sum ?? 0) + cost_usd),
          null,
        ),
      })
    const found = vectors && background && encoding.createList(vectors, background)
    if (found) lists.set(list.version, found)
    return found
  }

  function listOf(
    list: TagList,
    onAttempt: EncodeOptions['onAttempt'],
  ): EncodedList | Promise<EncodedList | undefined> {
    const known = lists.get(list.version)
    if (known) return known
    return reading.getOrInsertComputed(list.version, version =>
      readList(list, onAttempt).finally(() => reading.delete(version)),
    )
  }

  return {
    async encode(list, text, options) {
      const { source, signal, onAttempt } = options
      if (circuit.admit(source) > 0) return undefined
      try {
        const found = Promise.all([listOf(list, onAttempt), read(encoding.ofText(text), options)])
        // A text may have to wait for the call before its own.
        const [vectors, vector] = (await inTime(found, { milliseconds: 2 * timeout, signal })) ?? []
        return vectors && vector && vectors.compare(vector)
      } catch (error) {
        if (signal.aborted) throw signal.reason
        log?.warn({ err: error }, 'embeddings cannot be used; the ranker does without them')
        return undefined
      }
    },
  }
}
