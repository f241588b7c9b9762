import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { digest } from '../core/bytes/digest.ts'
import { type Answer, Details, type DocumentId } from '../core/classification.ts'
import { parseJson } from '../core/json-fault.ts'
import type { TagList } from '../core/tags/tag-list.ts'
import type { MaybePromise } from '../core/time/promises.ts'
import { type Attempt, costOf, noUsage, sumUsage } from '../core/usage.ts'

/** What of a request its answer depends on beside the settings, and what is told with the answer. */
export interface AnswerTerms {
  readonly id: DocumentId | null
  readonly prompt: { readonly version: string }
  readonly tagList: TagList
  readonly maxTags: number
  readonly minConfidence: number
  readonly reviewBelow: number | undefined
  readonly document: { readonly digest: string; readonly coverage: Details['coverage'] }
  readonly learned?: { readonly version: string } | undefined
  readonly examples?: { readonly version: string } | undefined
}

/** Answers that were validated before, by all that they depend on. */
export interface KnownAnswers {
  /** Answers of an endpoint that was asked for by name are apart from those of any. */
  keyOf(request: AnswerTerms, only?: { readonly name: string; readonly model: string }): string
  /** From memory. Undefined when it holds none, or one that today's list does not bear out. */
  recall(key: string, request: AnswerTerms): Finding | undefined
  /** From the store beneath, which outlives the process. */
  lookUp(key: string, request: AnswerTerms): MaybePromise<Finding | undefined>
  /** Whether one of the two would find it. That is no use of the answer, and leaves its life as it is. */
  holds(key: string, request: AnswerTerms): MaybePromise<boolean>
  keep(key: string, answer: KnownAnswer): void
}

export interface KeptAnswer {
  readonly answer: KnownAnswer
  /** When it was given, or its life last renewed, in milliseconds since 1970. */
  readonly keptAt: number
}

/** Where validated answers outlive the process. It never fails a request: what goes wrong is a miss. */
export interface AnswerStore {
  get(key: string): MaybePromise<KeptAnswer | undefined>
  set(key: string, answer: KnownAnswer): void
}

/** What answers may take on average; one takes what it holds, and its ids and what was dropped come from outside. */
const charactersPerEntry = 2_048
const charactersOfAny = 500
const charactersOf = ({ tags, dropped }: KnownAnswer): number =>
  [...tags.map(({ id }) => id), ...dropped.map(({ id }) => id)].reduce<number>(
    (sum, value) => sum + 50 + String(value).length,
    charactersOfAny,
  )
/** A use renews the life of an answer once this part of it is over, so that not every hit is a write. */
const renewedAfter = 1 / 8

export interface KnownAnswersOptions {
  /** The most answers in memory; 0 keeps none. */
  readonly entries: number
  /** How long an answer holds after it was last used, in milliseconds. */
  readonly lifetime: number
  /** What of the settings an answer depends on: another value, another answer. */
  readonly settings: readonly unknown[]
  readonly store?: AnswerStore | undefined
}

export function createKnownAnswers({ entries, lifetime, settings, store }: KnownAnswersOptions): KnownAnswers {
  const memory =
    entries > 0
      ? new LRUCache<string, KeptAnswer>({
          max: entries,
          maxSize: entries * charactersPerEntry,
          sizeCalculation: ({ answer }) => charactersOf(answer),
        })
      : undefined
  const scope = JSON.stringify(settings)

  const ageOf = ({ keptAt }: KeptAnswer) => Date.now() - keptAt

  function checked(kept: KeptAnswer | undefined, { tagList }: AnswerTerms): Finding | undefined {
    if (kept === undefined || ageOf(kept) >= lifetime) return undefined
    const tags = tagsOf(kept.answer, tagList)
    return tags && { known: kept.answer, tags, attempts: [], recalled: true }
  }

  function renew(key: string, kept: KeptAnswer): void {
    if (ageOf(kept) > lifetime * renewedAfter) keep(key, kept.answer)
  }

  function keep(key: string, answer: KnownAnswer): void {
    memory?.set(key, { answer, keptAt: Date.now() })
    store?.set(key, answer)
  }

  return {
    // Whether confidences are wanted is no part of it: an answer without them is served without them, and not paid again.
    // A review is of no use without them.
    keyOf({ prompt, tagList, maxTags, minConfidence, reviewBelow, document, learned, examples }, only) {
      const who = only ? `${only.name} ${only.model}` : ''
      const optional = `${reviewBelow === undefined ? '' : ' reviewed'}${learned ? ` learned ${learned.version}` : ''}${examples ? ` examples ${examples.version}` : ''}`
      const terms = `${prompt.version} ${tagList.version} ${maxTags} ${minConfidence} ${who}${optional}`
      // Apart from the text, as putting it behind them would copy it.
      return digest(`${scope}\n${terms}`) + document.digest
    },
    recall(key, request) {
      const kept = memory?.get(key)
      const found = checked(kept, request)
      if (kept && found) renew(key, kept)
      return found
    },
    lookUp(key, request) {
      const recalled = (kept: KeptAnswer | undefined) => {
        const found = checked(kept, request)
        if (kept && found) {
          memory?.set(key, kept)
          renew(key, kept)
        }
        return found
      }
      const stored = store?.get(key)
      return stored instanceof Promise ? stored.then(recalled) : recalled(stored)
    },
    holds(key, request) {
      if (checked(memory?.peek(key), request)) return true
      const stored = store?.get(key)
      const isThere = (kept: KeptAnswer | undefined) => checked(kept, request) !== undefined
      return stored instanceof Promise ? stored.then(isThere) : isThere(stored)
    },
    keep,
  }
}

/** An answer that serves every request that asks the same, and what was asked of models for it. */
export interface Finding {
  readonly known: KnownAnswer
  readonly tags: Details['tags']
  readonly attempts: readonly Attempt[]
  readonly recalled: boolean
  /** Whether its confidences are probabilities. */
  readonly calibrated?: boolean
  /** Whether a person should look; undefined where nobody wants to know. */
  readonly needsReview?: boolean | undefined
  /** Of the embedded ranker, which was sure enough that no model was asked. */
  readonly cheap?: Details['cheap']
}

/** What a reader of the answer has to know. */
function notesOn({ candidates: { text_read, embeddings } }: KnownAnswer): string[] {
  const unread =
    'The embedded ranker cannot read the language of the text: neither it nor the list has words of it, so that what it found or missed says little.'
  const failed =
    'The embeddings endpoint did not answer: the embedded ranker did without it, and the answer is not kept.'
  return [
    ...(text_read === false && embeddings !== 'used' ? [unread] : []),
    ...(embeddings === 'failed' ? [failed] : []),
  ]
}

/** A finding as the answer to one of the requests it serves. */
export function answerOf(
  { id, prompt, tagList, maxTags, document }: AnswerTerms,
  { known, tags, attempts, calibrated, needsReview, cheap }: Finding,
  { cached }: { readonly cached: boolean },
): { readonly answer: Answer; readonly details: Details } {
  const { model, endpoint, format, dropped, candidates } = known
  return {
    answer: {
      ...{ id, tags: tags.map(tag => tag.id) },
      ...(needsReview !== undefined && { needs_review: needsReview }),
    },
    details: {
      outcome: tags.length > 0 ? 'ok' : 'none_apply',
      tags,
      ...(calibrated && { calibrated }),
      ...(cheap && { cheap }),
      model,
      endpoint,
      prompt: prompt.version,
      tag_list: tagList.version,
      max_tags: maxTags,
      format,
      usage: cached ? noUsage : sumUsage(attempts.map(({ usage }) => usage)),
      cost_usd: cached ? 0 : costOf(attempts),
      coverage: document.coverage,
      candidates,
      dropped,
      notes: notesOn(known),
      attempts: cached ? [] : [...attempts],
      cached,
    },
  }
}

const { model, endpoint, format, dropped, tags, candidates } = Details.shape

/** What is kept of a validated answer: all of it that is not about one request. Plain JSON, fit for any store. */
export const KnownAnswer = z.strictObject({
  tags: z.array(tags.element.omit({ name: true })),
  model,
  endpoint,
  format,
  dropped,
  candidates,
})
export type KnownAnswer = z.infer<typeof KnownAnswer>

/** An answer that was stored, perhaps by another version; undefined when it is none. */
export const readKnownAnswer = (stored: string): KnownAnswer | undefined =>
  KnownAnswer.safeParse(parseJson(stored)).data

/** The tags by the names they bear now; undefined when one of them is not on the list. */
function tagsOf(answer: KnownAnswer, { byId }: TagList): Details['tags'] | undefined {
  const named = answer.tags.flatMap(({ id, confidence }) => {
    const tag = byId.get(String(id))
    return tag === undefined ? [] : [{ id: tag.id, name: tag.name, confidence }]
  })
  return named.length === answer.tags.length ? named : undefined
}
