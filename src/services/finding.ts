import type { Answer, Details } from '../domain/classification.ts'
import type { KnownAnswer } from '../domain/known-answer.ts'
import { type Attempt, noUsage, sumUsage } from '../domain/usage.ts'
import type { Recalled } from './known-answers.ts'
import type { ReadRequest } from './tasks.ts'

/** An answer that serves every request that asks the same, and what was asked of models for it. */
export interface Finding {
  readonly known: KnownAnswer
  readonly tags: Details['tags']
  readonly attempts: readonly Attempt[]
  /** Of all attempts that were answered; null when one of them has no known price. */
  readonly cost: number | null
  readonly recalled: boolean
}

export const findingOf = ({ answer, tags }: Recalled): Finding => ({
  known: answer,
  tags,
  attempts: [],
  cost: 0,
  recalled: true,
})

/** A finding as the answer to one of the requests it serves. */
export function answerOf(
  { id, prompt, tagList, maxTags, document }: ReadRequest,
  { known, tags, attempts, cost }: Finding,
  { cached }: { readonly cached: boolean },
): { readonly answer: Answer; readonly details: Details } {
  const { model, endpoint, format, dropped } = known
  return {
    answer: { id, tags: tags.map(tag => tag.id) },
    details: {
      outcome: tags.length > 0 ? 'ok' : 'none_apply',
      tags,
      model,
      endpoint,
      prompt: prompt.version,
      tag_list: tagList.version,
      max_tags: maxTags,
      format,
      usage: cached ? noUsage : sumUsage(attempts.map(({ usage }) => usage)),
      cost_usd: cached ? 0 : cost,
      coverage: document.coverage,
      dropped,
      attempts: cached ? [] : [...attempts],
      cached,
    },
  }
}
