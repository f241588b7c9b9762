import { LRUCache } from 'lru-cache'
import { ServiceError } from '../core/outcome.ts'
import { readTagList, type Tag, type TagList } from '../core/tags/tag-list.ts'

/** Of lists that are kept, in characters; what is worked out for a list takes up to thirty times as much memory. */
const charactersKept = 4_194_304
/** What a tag takes beside its words. */
const charactersOfTag = 100

/** Lists that come with requests. The same list again is the same object again, with all that was worked out for it. */
export function createTagLists({ mostTags }: { mostTags: number }): { read(tags: readonly Tag[]): TagList } {
  const known = new LRUCache<string, TagList>({
    maxSize: charactersKept,
    sizeCalculation: ({ tags }, key) => key.length + tags.length * charactersOfTag,
  })
  // The items of a batch bring one and the same array, which is not written out for each of them.
  const ofArray = new WeakMap<readonly Tag[], TagList>()
  return {
    read(tags) {
      const own = ofArray.get(tags)
      if (own) return own
      if (tags.length > mostTags) {
        throw new ServiceError('too_large', `"tags" holds ${tags.length} tags; TAG_LIST_LIMIT is ${mostTags}.`)
      }
      const key = JSON.stringify(tags)
      const seen = known.get(key)
      if (seen) {
        ofArray.set(tags, seen)
        return seen
      }
      const { list, faults } = readTagList(tags)
      if (!list) {
        const inRequest = faults.map(({ pointer, message }) => ({ pointer: `/tags${pointer}`, message }))
        throw new ServiceError('invalid_request', 'The tag list is not valid.', { faults: inRequest })
      }
      known.set(key, list)
      ofArray.set(tags, list)
      return list
    },
  }
}
