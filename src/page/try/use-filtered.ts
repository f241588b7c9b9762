import { useMemo } from 'preact/hooks'
import type { Tag } from '../../core/tags/tag-list.ts'
import { filterTags, foldTags } from './tags.ts'

/** The tags whose name or id holds the words; names are folded once for a list, so that a key costs a scan. */
export function useFiltered(tags: readonly Tag[], filter: string): readonly Tag[] {
  const folded = useMemo(() => foldTags(tags), [tags])
  return useMemo(() => filterTags(folded, filter), [folded, filter])
}
