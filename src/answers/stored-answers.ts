import { setImmediate as turn } from 'node:timers/promises'
import type { CachedValue, CacheStore } from '../core/stores/cache-store.ts'
import { type AnswerStore, type KeptAnswer, type KnownAnswer, readKnownAnswer } from './answer-cache.ts'

export interface StoredAnswersOptions {
  readonly cache: CacheStore
  /** The most time a request waits for the store, in milliseconds. */
  readonly timeoutMs?: number
  readonly log: Pick<Console, 'info' | 'warn'>
}

export interface StoredAnswers extends AnswerStore {
  /** Writes what waits to be written. */
  close(): Promise<void>
}

// Answers are written behind, many in one transaction: each of its own would cost as much as the request.
const delayMs = 1_000
const groupSize = 500
const mostWaiting = 10_000
/** How long a store that failed or was slow is left alone. */
const restMs = 5_000

/** Validated answers in the store. Its troubles are logged once and cost no request more than its timeout. */
export function createStoredAnswers({ cache, timeoutMs = 100, log }: StoredAnswersOptions): StoredAnswers {
  const waiting = new Map<string, KnownAnswer>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let restUntil = 0
  let troubled = false

  function failed(error: unknown): undefined {
    restUntil = performance.now() + restMs
    if (!troubled) log.warn({ err: error }, 'the store of known answers does not work; requests go on without it')
    troubled = true
  }

  function succeeded(): void {
    if (troubled) log.info('the store of known answers works again')
    troubled = false
  }

  /** A group that the store does not take is let go: it is no more than a cache. */
  async function writeAll(): Promise<void> {
    // In the order of their keys, a group falls on few pages of the index.
    const entries = [...waiting].sort(([left], [right]) => (left < right ? -1 : 1))
    waiting.clear()
    for (let from = 0; from < entries.length; from += groupSize) {
      const group = entries.slice(from, from + groupSize)
      await cache
        .writeCached(group.map(([key, answer]) => ({ key, value: JSON.stringify(answer) })))
        .then(succeeded, failed)
      await turn()
    }
    writing = undefined
    if (waiting.size > 0) writeSoon()
  }

  function writeSoon(): void {
    timer ??= setTimeout(write, delayMs).unref()
  }

  function write(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing ??= writeAll()
    return writing
  }

  function stored(found: CachedValue | undefined): KeptAnswer | undefined {
    succeeded()
    const answer = found && readKnownAnswer(found.value)
    // The clock of a database may be ahead.
    return answer && { answer, keptAt: Math.min(found.writtenAt, Date.now()) }
  }

  return {
    get(key) {
      if (performance.now() < restUntil) return undefined
      try {
        const reading = cache.readCached(key)
        return reading instanceof Promise ? within(timeoutMs, reading).then(stored, failed) : stored(reading)
      } catch (error) {
        failed(error)
      }
    },
    set(key, answer) {
      if (waiting.size >= mostWaiting) return
      waiting.set(key, answer)
      writeSoon()
    },
    async close() {
      await writing
      await write()
    },
  }
}

function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds)
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
