import { readFileSync } from 'node:fs'
import { readTagList, type Tag, type TagList } from '../../src/core/tags/tag-list.ts'

/** A list that must be without faults. */
export function listOf(tags: readonly Tag[]): TagList {
  const { list, faults } = readTagList(tags)
  if (!list) throw new Error(JSON.stringify(faults))
  return list
}

/** The 90 tags that ship. */
export const shippedTags = (): Tag[] => JSON.parse(readFileSync('prompts/assign-tags/tags.json', 'utf8'))
