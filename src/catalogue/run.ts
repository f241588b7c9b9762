import { setTimeout as sleep } from 'node:timers/promises'
import type { ClassifyRequest, DocumentId } from '../core/classification.ts'
import type { Classifier } from '../core/classifier.ts'
import { ServiceError } from '../core/outcome.ts'
import { costOf, sumUsage, type Usage } from '../core/usage.ts'
import type { CatalogueItem } from './item.ts'
import { type Answered, type CatalogueState, hashOf, type Reason, type Recipe } from './state.ts'

/** Why a run ended before all its texts were asked about. */
export type Stop = 'interrupted' | 'max_usd' | 'price_unknown' | 'max_failed' | 'upstream'

const newTally = () => ({
  items: 0,
  kept: 0,
  reasons: {} as Partial<Record<Reason, number>>,
  answered: 0,
  /** Of those, the answers of the embedded ranker in place of the model, and how many of them are wrong. */
  cheap: { answers: 0, expectedWrong: 0, mostWrong: 0 },
  /** Texts that were asked about and have no answer. */
  inVain: 0,
  /** By code; also what could not be read, and what the end of the run came before. */
  failures: {} as Record<string, number>,
  failed: 0,
  cost: 0,
  /** Answers whose price is not known. */
  unpriced: 0,
  ...{ inputTokens: 0, cachedTokens: 0, outputTokens: 0 },
})
export type Tally = ReturnType<typeof newTally>

export interface CatalogueRunOptions {
  readonly items: AsyncIterable<CatalogueItem>
  readonly state: CatalogueState
  readonly recipe: Recipe
  readonly classifier: Classifier
  readonly account: string
  /** The tag list, the prompt and the most tags, where they are not those of the settings. */
  readonly settings: Pick<ClassifyRequest, 'tags' | 'prompt' | 'max_tags' | 'mode'>
  /** The most texts that are asked about at once. */
  readonly concurrency: number
  readonly maxUsd: number | undefined
  /** A number of items, or a share of those asked about. */
  readonly maxFailed: { readonly items: number } | { readonly share: number } | undefined
  /** How long to wait for an endpoint that answers nothing at all, in milliseconds. */
  readonly giveUpAfterMs: number
  /** Aborted by whoever wants the run to end: what is asked is waited for, and nothing more begun. */
  readonly interrupted: AbortSignal
  readonly onAsk: (id: DocumentId, reason: Reason) => void
  readonly onProgress: (tally: Readonly<Tally>) => void
  /** Told why, as often as a text waits for an endpoint that answers no other either. */
  readonly onOutage: (error: ServiceError) => void
}

/** Failures of the endpoint that a later attempt may not meet. A text may be what caused them. */
const passing = new Set(['upstream_unavailable', 'deadline'])
/** The same of a service that has too much to do, or is stopping, whatever it is asked. */
const busy = new Set(['overloaded', 'rate_limited', 'stopping', 'storage_unavailable'])
/** Failures that every text would meet. */
const ofSetting = new Set(['upstream_auth', 'upstream_config', 'unknown_prompt', 'not_calibrated'])
/** And that would not end while the run lasts, also when it was answered before. */
const ofKey = new Set(['unauthorized', 'forbidden', 'budget_exhausted'])
const attemptsOfItem = 4
const longestWaitMs = 30_000
const notAsked = { code: 'not_asked', message: 'The run ended before this text was asked about.' }
/** So many have to be asked about before a share of failures means something. */
const leastForShare = 50

/** Asks about each text that has no answer that holds, and keeps what comes of it in the state. */
export async function tagCatalogue(
  options: CatalogueRunOptions,
): Promise<{ tally: Tally; stop: Stop | undefined; reason: ServiceError | undefined }> {
  const { state, recipe, classifier, account, settings, interrupted, concurrency } = options
  const tally = newTally()
  const running = new Set<Promise<void>>()
  const ending = new AbortController()
  let stop: Stop | undefined
  let reason: ServiceError | undefined
  let lastAnswer = performance.now()

  const end = (why: Stop, error?: ServiceError) => {
    stop ??= why
    reason ??= error
    ending.abort()
  }
  const onInterrupt = () => end('interrupted')
  interrupted.addEventListener('abort', onInterrupt, { once: true })
  if (interrupted.aborted) onInterrupt()

  function fail(seq: number | undefined, { code, message }: { readonly code: string; readonly message: string }): void {
    tally.failed += 1
    tally.failures[code] = (tally.failures[code] ?? 0) + 1
    if (seq !== undefined) state.failed(seq, { code, detail: message })
  }

  function spend(usage: Usage, cost: number | null): void {
    tally.inputTokens += usage.input_tokens ?? 0
    tally.cachedTokens += usage.cached_input_tokens ?? 0
    tally.outputTokens += usage.output_tokens ?? 0
    // The embedded ranker uses no tokens.
    const isUnpriced = cost === null && (usage.input_tokens ?? 0) > 0
    if (isUnpriced) tally.unpriced += 1
    tally.cost += cost ?? 0
    if (options.maxUsd === undefined) return
    if (isUnpriced) end('price_unknown')
    else if (tally.cost >= options.maxUsd) end('max_usd')
  }

  async function answerOf(id: DocumentId, text: string): Promise<Answered> {
    let firstFailure: number | undefined
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { answer, details } = await classifier.classify(
          { ...settings, id, text },
          { account, background: true, signal: new AbortController().signal },
        )
        lastAnswer = performance.now()
        spend(details.usage, details.cost_usd)
        const { cheap } = details
        if (cheap) {
          tally.cheap.answers += 1
          tally.cheap.expectedWrong += cheap.expected_wrong
          tally.cheap.mostWrong += cheap.most_wrong
        }
        const tags = details.tags.map(({ id: tag, name }) => ({ id: tag, name }))
        return { tags, cost: answer && details.cost_usd, isCheap: cheap !== undefined }
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error
        if (error.attempts.length > 0) spend(sumUsage(error.attempts.map(({ usage }) => usage)), costOf(error.attempts))
        if (ofKey.has(error.code) || (ofSetting.has(error.code) && tally.answered === 0)) end('upstream', error)
        if (!passing.has(error.code) && !busy.has(error.code)) {
          lastAnswer = performance.now()
          throw error
        }
        firstFailure ??= performance.now()
        if (performance.now() - lastAnswer > options.giveUpAfterMs) end('upstream', error)
        // Where others were answered meanwhile, the text is at fault; else the endpoint is, and the text may wait.
        const isOfText =
          passing.has(error.code) && attempt >= attemptsOfItem && (lastAnswer > firstFailure || running.size === 1)
        if (ending.signal.aborted || isOfText) throw error
        if (attempt > 1 && lastAnswer < firstFailure) options.onOutage(error)
        const waitMs = Math.min(longestWaitMs, (error.retryAfter ?? 0) * 1_000 || 500 * 2 ** Math.min(attempt, 6))
        await sleep(waitMs, undefined, { signal: ending.signal }).catch(() => undefined)
        if (ending.signal.aborted) throw error
      }
    }
  }

  async function ask(seq: number, id: DocumentId, text: string, textHash: string): Promise<void> {
    try {
      state.answered(id, textHash, recipe, await answerOf(id, text))
      tally.answered += 1
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      tally.inVain += 1
      fail(seq, error)
      // What only waits for its endpoint is asked about anew, and does not count as a text that failed.
      if (![passing, busy, ofSetting, ofKey].some(codes => codes.has(error.code)))
        state.askedInVain(id, textHash, recipe)
      if (tooManyFailed()) end('max_failed')
    }
    options.onProgress(tally)
  }

  function tooManyFailed(): boolean {
    const { maxFailed } = options
    if (maxFailed === undefined) return false
    if ('items' in maxFailed) return tally.failed > maxFailed.items
    const tried = tally.answered + tally.failed
    return tried >= leastForShare && tally.failed / tried > maxFailed.share
  }

  state.begin()
  let thrown: unknown
  for await (const item of options.items) {
    tally.items += 1
    const seq = state.add(item.id, item.place)
    if (seq === undefined || 'error' in item) {
      fail(seq, 'error' in item ? item.error : { code: 'conflict', message: '' })
      if (tooManyFailed()) end('max_failed')
      continue
    }
    const why = state.reasonToAsk(item.id, item.text, recipe)
    if (why === undefined) {
      tally.kept += 1
      options.onProgress(tally)
      continue
    }
    if (stop !== undefined) {
      fail(seq, notAsked)
      continue
    }
    tally.reasons[why] = (tally.reasons[why] ?? 0) + 1
    options.onAsk(item.id, why)
    const asking = ask(seq, item.id, item.text, hashOf(item.text))
      .catch(error => {
        thrown ??= error
        end('upstream')
      })
      .finally(() => running.delete(asking))
    running.add(asking)
    if (running.size >= concurrency) await Promise.race(running)
  }
  await Promise.all(running)
  interrupted.removeEventListener('abort', onInterrupt)
  if (thrown !== undefined) throw thrown
  return { tally, stop, reason }
}
