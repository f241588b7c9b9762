import { createHash } from 'node:crypto'
import type { Tag, TagId } from './tag.ts'

/** A tag of a list in use: name and aliases trimmed, the name as its owner wrote it beside them. */
export interface ListedTag {
  readonly id: TagId
  readonly name: string
  readonly writtenName: string
  readonly description: string | undefined
  readonly aliases: readonly string[]
}

export interface TagList {
  /** In the owner's order. */
  readonly tags: readonly ListedTag[]
  /** By the spelling of the id. */
  readonly byId: ReadonlyMap<string, ListedTag>
  /** Sixteen hex digits of the hash of the content: same list, same version. */
  readonly version: string
}

export interface TagListFault {
  /** JSON pointer into the list. */
  readonly pointer: string
  readonly message: string
}

/** Folds what people vary without meaning it: Unicode form, case, white space. */
export const foldName = (name: string): string => name.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()

/** Reads a list of tags that already have their shape; answers with the list, or with every fault in it. */
export function readTagList(
  tags: readonly Tag[],
): { list: TagList; faults: [] } | { list: undefined; faults: TagListFault[] } {
  const faults: TagListFault[] = []
  const byId = new Map<string, ListedTag>()
  const indexOfName = new Map<string, number>()
  const listed = tags.map((tag, index): ListedTag => {
    const name = tag.name.trim()
    const folded = foldName(name)
    const twin = indexOfName.get(folded)
    if (name === '') faults.push({ pointer: `/${index}/name`, message: 'is blank' })
    else if (twin !== undefined)
      faults.push({ pointer: `/${index}/name`, message: `is the same name as that of entry ${twin}` })
    else indexOfName.set(folded, index)
    if (byId.has(String(tag.id))) faults.push({ pointer: `/${index}/id`, message: 'stands in the list twice' })
    const aliases = (tag.aliases ?? []).map(alias => alias.trim()).filter(alias => alias !== '')
    const entry = {
      id: tag.id,
      name,
      writtenName: tag.name,
      description: tag.description?.trim() || undefined,
      aliases,
    }
    byId.set(String(tag.id), entry)
    return entry
  })
  if (tags.length === 0) faults.push({ pointer: '', message: 'holds no tag' })
  if (faults.length > 0) return { list: undefined, faults }
  const version = createHash('sha256').update(JSON.stringify(listed)).digest('hex').slice(0, 16)
  return { list: { tags: listed, byId, version }, faults: [] }
}
