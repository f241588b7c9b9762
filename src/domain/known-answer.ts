import { z } from 'zod'
import { Details } from './classification.ts'
import type { TagList } from './tag-list.ts'

const { model, endpoint, format, dropped, tags } = Details.shape

/** What is kept of a validated answer: all of it that is not about one request. Plain JSON, fit for any store. */
export const KnownAnswer = z.strictObject({
  tags: z.array(tags.element.omit({ name: true })),
  model,
  endpoint,
  format,
  dropped,
})
export type KnownAnswer = z.infer<typeof KnownAnswer>

/** An answer that was stored, perhaps by another version; undefined when it is none. */
export function readKnownAnswer(stored: string): KnownAnswer | undefined {
  try {
    return KnownAnswer.safeParse(JSON.parse(stored)).data
  } catch {
    return undefined
  }
}

/** The tags by the names they bear now; undefined when one of them is not on the list. */
export function tagsOf(answer: KnownAnswer, { byId }: TagList): Details['tags'] | undefined {
  const named = answer.tags.flatMap(({ id, confidence }) => {
    const tag = byId.get(String(id))
    return tag === undefined ? [] : [{ id: tag.id, name: tag.name, confidence }]
  })
  return named.length === answer.tags.length ? named : undefined
}
