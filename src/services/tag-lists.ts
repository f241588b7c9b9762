import { LRUCache } from 'lru-cache'
import { ServiceError } from '../domain/outcome.ts'
import type { Tag } from '../domain/tag.ts'
import { readTagList, type TagList } from '../domain/tag-list.ts'

const tagsKept = 200_000

/** Lists that come with requests. The same list again is the same object again, with all that was worked out for it. */
export function createTagLists({ mostTags }: { mostTags: number }): { read(tags: readonly Tag[]): TagList } {
  const known = new LRUCache<string, TagList>({ maxSize: tagsKept, sizeCalculation: ({ tags }) => tags.length })
  return {
    read(tags) {
      if (tags.length > mostTags) {
        throw new ServiceError('too_large', `"tags" holds ${tags.length} tags; TAG_LIST_LIMIT is ${mostTags}.`)
      }
      const key = JSON.stringify(tags)
      const seen = known.get(key)
      if (seen) return seen
      const { list, faults } = readTagList(tags)
      if (!list) {
        const inRequest = faults.map(({ pointer, message }) => ({ pointer: `/tags${pointer}`, message }))
        throw new ServiceError('invalid_request', 'The tag list is not valid.', { faults: inRequest })
      }
      known.set(key, list)
      return list
    },
  }
}
