import { setImmediate } from 'node:timers/promises'
import { type EmbeddingModel, type EmbeddingResult, nameOf, type UpstreamFailure } from '../../core/model/engine.ts'
import { type Attempt, unknownUsage } from '../../core/usage.ts'

/** What became of a text, and what its part of the call took. */
export interface ReadText {
  readonly vector: Float32Array | undefined
  readonly attempt: Attempt
}

export interface TextQueueOptions {
  readonly textsPerCall: number
  readonly callsAtOnce: number
}

interface Waiting {
  readonly text: string
  readonly done: (read: ReadText) => void
  readonly fail: (error: unknown) => void
}

/** Texts that wait while calls are on their way go together in the next one. */
export function createTextQueue(model: EmbeddingModel, { textsPerCall, callsAtOnce }: TextQueueOptions) {
  const waiting: Waiting[] = []
  const patient: Waiting[] = []
  let most = textsPerCall
  let calls = 0

  async function work(): Promise<void> {
    calls += 1
    // What is asked for in the same turn goes together.
    await setImmediate()
    while (waiting.length + patient.length > 0) {
      const texts = waiting.splice(0, most)
      await call([...texts, ...patient.splice(0, most - texts.length)])
    }
    calls -= 1
  }

  async function call(texts: readonly Waiting[]): Promise<void> {
    const sentAt = performance.now()
    try {
      const result = await model.embed(texts.map(({ text }) => text))
      // Some take few texts, or one, in a call; but a text that fails alone was itself the reason.
      if (!result.ok && isRejected(result.failure) && texts.length > 1) {
        most = Math.ceil(texts.length / 2)
        waiting.unshift(...texts)
        return
      }
      if (!result.ok && isRejected(result.failure)) most = textsPerCall
      const elapsed = Math.round(performance.now() - sentAt)
      texts.forEach(({ done }, place) => {
        done({
          vector: result.ok ? result.vectors[place] : undefined,
          attempt: attemptOf(model, result, { place, texts, elapsed }),
        })
      })
    } catch (error) {
      for (const { fail } of texts) fail(error)
    }
  }

  return {
    /** Those that can wait let all others go first. Resolves when the call that carries the text has ended, whoever still waits for it. */
    read: (text: string, { canWait = false } = {}) =>
      new Promise<ReadText>((done, fail) => {
        const line = canWait ? patient : waiting
        line.push({ text, done, fail })
        if (calls < callsAtOnce) work()
      }),
  }
}

/** Of what was sent, not of who sent it or when. */
const isRejected = ({ kind, status }: UpstreamFailure): boolean =>
  kind === 'status' && status !== undefined && [400, 413, 422].includes(status)

/** A call of several texts is paid by each of them for its length. */
function attemptOf(
  { endpoint, model }: EmbeddingModel,
  result: EmbeddingResult,
  { place, texts, elapsed }: { readonly place: number; readonly texts: readonly Waiting[]; readonly elapsed: number },
): Attempt {
  const asked = { endpoint, requested_model: model, elapsed_ms: elapsed, wait_ms: 0 }
  if (!result.ok) return { ...asked, model, result: nameOf(result.failure), usage: unknownUsage, cost_usd: null }
  const before = texts.slice(0, place).reduce((sum, { text }) => sum + text.length, 0)
  const own = texts[place]!.text.length
  const total = texts.reduce((sum, { text }) => sum + text.length, 0) || 1
  const upTo = (tokens: number, length: number) => Math.round((tokens * length) / total)
  const { input_tokens: tokens } = result.usage
  return {
    ...asked,
    model: result.model,
    result: 'reply',
    usage: {
      ...result.usage,
      input_tokens: tokens === null ? null : upTo(tokens, before + own) - upTo(tokens, before),
    },
    cost_usd: result.cost === undefined ? null : (result.cost * own) / total,
  }
}
