import { createHash } from 'node:crypto'
import { z } from 'zod'

/** An id as its owner wrote it. No two ids of a list are spelled alike: a reply could not tell `7` from `"7"`. */
export const TagId = z.union(
  [z.int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER), z.string().min(1).max(128)],
  { error: 'is neither a safe integer nor a string of 1 to 128 characters' },
)
export type TagId = z.infer<typeof TagId>

export const Tag = z
  .strictObject({
    id: TagId.describe('The id the answer holds.'),
    name: z.string().min(1).max(128).describe('What the model is shown; white space around it does not count.'),
    description: z.string().max(500).optional().describe('One line that says when the tag fits.'),
    aliases: z.array(z.string().min(1).max(128)).max(50).optional().describe('Other names of the same thing.'),
  })
  .meta({ id: 'Tag', description: 'One entry of a tag list.' })
export type Tag = z.infer<typeof Tag>

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
