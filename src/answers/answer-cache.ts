import { LRUCache } from 'lru-cache'
import type { Details } from '../domain/classification.ts'
import { type KnownAnswer, tagsOf } from '../domain/known-answer.ts'
import type { ModelAnswer } from './asking.ts'
import { digest } from './documents.ts'
import type { Endpoint } from './endpoint.ts'
import type { AnswerStore, MaybePromise, StoredAnswer } from './ports.ts'
import type { ReadRequest } from './tasks.ts'

export interface Recalled {
  readonly answer: KnownAnswer
  readonly tags: Details['tags']
}

/** Answers that were validated before, by all that they depend on. */
export interface KnownAnswers {
  /** Answers of an endpoint that was asked for by name are apart from those of any. */
  keyOf(request: ReadRequest, only?: Pick<Endpoint, 'name' | 'model'>): string
  /** From memory. Undefined when it holds none, or one that today's list does not bear out. */
  recall(key: string, request: ReadRequest): Recalled | undefined
  /** From the store beneath, which outlives the process. */
  lookUp(key: string, request: ReadRequest): MaybePromise<Recalled | undefined>
  keep(key: string, answer: KnownAnswer): void
}

const fixedKeysKept = 1_000

export interface KnownAnswersOptions {
  /** The most answers in memory; 0 keeps none. */
  readonly entries: number
  /** How long an answer holds, in milliseconds. */
  readonly lifetime: number
  /** What of the settings an answer depends on: another value, another answer. */
  readonly settings: readonly unknown[]
  readonly store?: AnswerStore | undefined
}

export function createKnownAnswers({ entries, lifetime, settings, store }: KnownAnswersOptions): KnownAnswers {
  const memory =
    entries > 0 ? new LRUCache<string, KnownAnswer>({ max: entries, ttl: lifetime, ttlResolution: 100 }) : undefined
  const scope = JSON.stringify(settings)
  const fixedKeys = new LRUCache<string, string>({ max: fixedKeysKept })

  function checked(answer: KnownAnswer | undefined, { tagList }: ReadRequest): Recalled | undefined {
    const tags = answer && tagsOf(answer, tagList)
    return answer && tags && { answer, tags }
  }

  function fixedKeyOf(terms: string): string {
    const known = fixedKeys.get(terms)
    if (known !== undefined) return known
    const key = digest(`${scope}\n${terms}`)
    fixedKeys.set(terms, key)
    return key
  }

  return {
    keyOf({ prompt, tagList, maxTags, minConfidence, wantConfidence, document }, only) {
      const who = only ? `${only.name} ${only.model}` : ''
      const terms = `${prompt.version} ${tagList.version} ${maxTags} ${minConfidence} ${wantConfidence} ${who}`
      // Apart from the text, as putting it behind them would copy it.
      return fixedKeyOf(terms) + document.digest
    },
    recall: (key, request) => checked(memory?.get(key), request),
    lookUp(key, request) {
      const recalled = (stored: StoredAnswer | undefined) => {
        const found = checked(stored?.answer, request)
        if (stored && found) memory?.set(key, stored.answer, { ttl: stored.left })
        return found
      }
      const stored = store?.get(key)
      return stored instanceof Promise ? stored.then(recalled) : recalled(stored)
    },
    keep(key, answer) {
      memory?.set(key, answer)
      store?.set(key, answer)
    },
  }
}

export const knownAnswerOf = ({ tags, dropped, reply, form, enforced, endpoint }: ModelAnswer): KnownAnswer => ({
  tags: tags.map(({ tag, confidence }) => ({ id: tag.id, confidence })),
  model: reply.model,
  endpoint,
  format: { ...form.format, omitted: [...form.format.omitted], enforced },
  dropped: [...dropped],
})
