import { LRUCache } from 'lru-cache'
import { digest } from '../core/bytes/digest.ts'
import { type Corrections, fewestConfirmed } from '../core/corrections.ts'
import type { LearnedExamples } from '../core/ranking.ts'
import type { FeedbackRow, FeedbackStore } from '../core/stores/feedback-store.ts'
import type { TagList } from '../core/tags/tag-list.ts'
import { feedbackByText, scopeOf } from './feedback.ts'
import { findingOf } from './verdicts.ts'

const poolsKept = 50

export interface CorrectionsOptions {
  readonly store: Pick<FeedbackStore, 'readFeedback' | 'listFeedback' | 'feedbackVersion'>
  readonly log: Pick<Console, 'info' | 'warn'>
}

/** What people said, in time for an answer; a store that fails leaves the request as if nobody had said anything. */
export function createCorrections({ store, log }: CorrectionsOptions): Corrections {
  const pools = new LRUCache<string, Promise<LearnedExamples>>({ max: poolsKept })
  let troubled = false

  const failed = (error: unknown): undefined => {
    if (!troubled) log.warn({ err: error }, 'feedback cannot be read; requests go on without it')
    troubled = true
  }
  const worked = () => {
    if (troubled) log.info('feedback can be read again')
    troubled = false
  }

  return {
    of(request, account) {
      const found = (rows: readonly FeedbackRow[]) => {
        worked()
        return rows.length > 0 ? findingOf(rows, request.tagList) : undefined
      }
      try {
        const place = { key: account, scope: scopeOf(request), textHash: request.document.originalDigest }
        const rows = store.readFeedback(place)
        return rows instanceof Promise ? rows.then(found).catch(failed) : found(rows)
      } catch (error) {
        return failed(error)
      }
    },
    async confirmed(request, account) {
      try {
        const place = { key: account, scope: scopeOf(request) }
        const version = `${JSON.stringify(place)} ${await store.feedbackVersion(place)} ${request.tagList.version}`
        const pool = pools.get(version) ?? readPool(place, request.tagList)
        pools.set(version, pool)
        const confirmed = await pool
        worked()
        return confirmed.examples.length >= fewestConfirmed ? confirmed : undefined
      } catch (error) {
        // What failed once is read again.
        pools.clear()
        return failed(error)
      }
    },
  }

  /** Never what a model answered: only what people agree on is learned from. */
  async function readPool(place: { key: string; scope: string }, list: TagList): Promise<LearnedExamples> {
    const examples: (LearnedExamples['examples'][number] & Pick<FeedbackRow, 'changedAt'>)[] = []
    for await (const rows of feedbackByText(store, { keys: [place.key] })) {
      const [{ scope, content, excerpt, changedAt }] = rows
      const { answer, rejected } = findingOf(rows, list)
      if (scope !== place.scope || !answer || answer.length === 0) continue
      const wrong = list.tags.map(({ id }) => id).filter(id => rejected.has(String(id)))
      examples.push({ text: content ?? excerpt, tags: answer, ...(wrong.length > 0 && { rejected: wrong }), changedAt })
    }
    // The ranker lets go of what stands first.
    examples.sort((left, right) => left.changedAt - right.changedAt)
    const learned = examples.map(({ changedAt: _, ...example }) => example)
    // Outlives the process in the keys of answers, so it is of the content and of nothing that is counted.
    return { version: digest(JSON.stringify(learned)), examples: learned }
  }
}
