import type { Details } from './classification.ts'
import type { TagList } from './tag-list.ts'

/** What is kept of a validated answer: all of it that is not about one request. Plain JSON, fit for any store. */
export type KnownAnswer = Pick<Details, 'model' | 'endpoint' | 'format' | 'dropped'> & {
  readonly tags: readonly Pick<Details['tags'][number], 'id' | 'confidence'>[]
}

/** The tags by the names they bear now; undefined when one of them is not on the list. */
export function tagsOf({ tags }: KnownAnswer, { byId }: TagList): Details['tags'] | undefined {
  const named = tags.flatMap(({ id, confidence }) => {
    const tag = byId.get(String(id))
    return tag === undefined ? [] : [{ id: tag.id, name: tag.name, confidence }]
  })
  return named.length === tags.length ? named : undefined
}
