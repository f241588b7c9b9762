import type { Tag } from '../../core/tags/tag-list.ts'
import { ask, request } from '../api.ts'
import type { Waiting } from './order.ts'

type Id = string | number

export interface Verdict {
  readonly accepted: readonly Id[]
  readonly rejected: readonly Id[]
  readonly missing: readonly Id[]
  readonly none?: true
}

/** What the tags that a person left chosen say of the suggested ones. */
export function verdictOf({ tags }: Waiting, chosen: readonly Id[]): Verdict {
  const suggested = tags.map(({ id }) => id)
  return {
    accepted: suggested.filter(id => chosen.includes(id)),
    rejected: suggested.filter(id => !chosen.includes(id)),
    missing: chosen.filter(id => !suggested.includes(id)),
    ...(chosen.length === 0 && suggested.length === 0 && { none: true as const }),
  }
}

export const noneFits = ({ tags }: Waiting): Verdict => ({
  accepted: [],
  rejected: tags.map(({ id }) => id),
  missing: [],
  none: true,
})
export const rejection = ({ tags }: Waiting): Verdict => ({
  accepted: [],
  rejected: tags.map(({ id }) => id),
  missing: [],
})

export interface Judged {
  readonly text: string
  readonly id: Id | null
  readonly prompt: string | undefined
  /** Undefined when it is the list of the prompt. */
  readonly tags: readonly Tag[] | undefined
  /** Who says so. */
  readonly by: string
}

/** Writes it down, and says by what it can be taken back. */
export async function give({ text, id, prompt, tags, by }: Judged, verdict: Verdict): Promise<string> {
  const body = { ...verdict, text, by, ...(id !== null && { id }), ...(prompt && { prompt }), ...(tags && { tags }) }
  return (await ask<{ text_hash: string }>('/feedback', { body })).text_hash
}

/** Only what this person said. */
export async function takeBack(textHash: string, by: string): Promise<void> {
  await request(`/feedback/${encodeURIComponent(textHash)}?by=${encodeURIComponent(by)}`, { method: 'DELETE' })
}
