import type { Ranker } from '../core/ranking.ts'
import { readTagList, type Tag, type TagList } from '../core/tags/tag-list.ts'
import { createSuggestions, type ListChange, listChange } from '../quality/index.ts'
import type { CarryOver, CatalogueState } from './state.ts'

/** Asks again only what the change of a list makes worth asking: what `tagsmith tags check` names. */
export function createCarryOver(
  list: TagList,
  {
    state,
    tags,
    createRanker,
  }: {
    state: Pick<CatalogueState, 'keepList' | 'readList'>
    tags: readonly Tag[]
    createRanker: (list: TagList) => Ranker
  },
): CarryOver {
  state.keepList(list.version, tags)
  const changes = new Map<string, ListChange | undefined>()
  let suggests: ((text: string) => readonly string[]) | undefined
  const changeFrom = (version: string) => {
    const before = readTagList(state.readList(version) ?? []).list
    suggests ??= createSuggestions(createRanker(list))
    return before && listChange([before, list], { suggests })
  }
  return (version, answered, text) => {
    if (!changes.has(version)) changes.set(version, changeFrom(version))
    const change = changes.get(version)
    const ids = answered.map(({ id }) => String(id))
    if (!change || change.reasonToAskAgain({ tags: ids, text }) !== undefined) return undefined
    return answered.map(({ id, name }) => ({ id, name: list.byId.get(String(id))?.name ?? name }))
  }
}
