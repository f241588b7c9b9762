import { hash } from 'node:crypto'
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
  .meta({ id: 'Tag', description: 'One entry of a tag list.', examples: [{ id: 36, name: 'networking' }] })
export type Tag = z.infer<typeof Tag>

const slice = 1_000

/**
 * A list of tags. Of one with faults only the entries up to the first of them, or a few more, are checked: a small body
 * may hold half a million entries, and every fault costs more than its entry.
 */
export const Tags = z.preprocess(upToFaults, z.array(Tag).min(1)) as unknown as z.ZodType<Tag[], Tag[]>

function upToFaults(value: unknown): unknown {
  if (!Array.isArray(value) || value.length <= slice) return value
  for (let end = slice; end < value.length; end += slice) {
    if (!z.array(Tag).safeParse(value.slice(end - slice, end)).success) return value.slice(0, end)
  }
  return value
}

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

/** Some characters stand for a phrase, such as U+FDFA for eighteen: a name is to be short also when it is spelled out. */
const longestUnfolded = 256
const longUnfolded = `is longer than ${longestUnfolded} characters once its characters are spelled out (NFKC)`
const mostForOne = 18
const unfolds = (name: string): boolean =>
  name.length * mostForOne > longestUnfolded && name.normalize('NFKC').length > longestUnfolded

/** Reads a list of tags that already have their shape; answers with the list, or with every fault in it. */
export function readTagList(
  tags: readonly Tag[],
): { list: TagList; faults: [] } | { list: undefined; faults: TagListFault[] } {
  const faults: TagListFault[] = []
  const byId = new Map<string, ListedTag>()
  const indexOfName = new Map<string, number>()
  const indexOfId = new Map<string, number>()
  const listed = tags.map((tag, index): ListedTag => {
    const name = tag.name.trim()
    // Names that differ in case or width alone are two names: what a reply means by them is for `Choices` to tell.
    const twin = indexOfName.get(name)
    if (name === '') faults.push({ pointer: `/${index}/name`, message: 'is blank' })
    else if (twin !== undefined)
      faults.push({ pointer: `/${index}/name`, message: `is the same name as that of entry ${twin}` })
    else indexOfName.set(name, index)
    const id = String(tag.id)
    const idTwin = indexOfId.get(id.trim())
    if (byId.has(id)) faults.push({ pointer: `/${index}/id`, message: 'stands in the list twice' })
    else if (id.trim() === '') faults.push({ pointer: `/${index}/id`, message: 'is blank' })
    // A model cannot be held to blanks: its reply would mean either.
    else if (idTwin !== undefined)
      faults.push({ pointer: `/${index}/id`, message: `is the same id as that of entry ${idTwin}, but for blanks` })
    else indexOfId.set(id.trim(), index)
    const aliases = (tag.aliases ?? []).map(alias => alias.trim()).filter(alias => alias !== '')
    if (unfolds(name)) faults.push({ pointer: `/${index}/name`, message: longUnfolded })
    for (const [place, alias] of aliases.entries())
      if (unfolds(alias)) faults.push({ pointer: `/${index}/aliases/${place}`, message: longUnfolded })
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
  const version = hash('sha256', JSON.stringify(listed), 'hex').slice(0, 16)
  return { list: { tags: listed, byId, version }, faults: [] }
}
