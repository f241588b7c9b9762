import type { ListedTag } from '../tag-list.ts'
import { lastStep, tokenize } from './tokens.ts'

/** A name or alias as it is written, and as it may stand in a text. */
export interface TagName {
  readonly written: string
  readonly isAlias: boolean
  readonly spellings: readonly (readonly string[])[]
}

/** A tag as the scorers read it: made once, used by each of them. */
export interface TagTerms {
  readonly names: readonly TagName[]
  readonly name: readonly string[]
  readonly aliases: readonly string[]
  readonly description: readonly string[]
}

const LONGEST_JOINED = 3

const splitHumps = (written: string): string => written.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')

/** The ways to write a name: as it is, its humps apart, in one word, and for a path like `field::chemistry` its last step. */
function readName(written: string, isAlias: boolean): TagName {
  const step = lastStep(written)
  const variants = new Set([written, splitHumps(written), step, step.split(':').at(-1)!])
  const spellings = new Map<string, string[]>()
  for (const variant of variants) {
    const tokens = tokenize(variant)
    if (tokens.length === 0) continue
    spellings.set(tokens.join(' '), tokens)
    if (tokens.length > 1 && tokens.length <= LONGEST_JOINED) spellings.set(tokens.join(''), [tokens.join('')])
  }
  return { written, isAlias, spellings: [...spellings.values()] }
}

export function readTag(tag: ListedTag): TagTerms {
  const step = lastStep(tag.name)
  const path = step === tag.name ? [] : tokenize(tag.name.slice(0, -step.length))
  const name = readName(tag.name, false)
  const aliases = tag.aliases.map(alias => readName(alias, true))
  return {
    names: [name, ...aliases],
    name: step === tag.name ? (name.spellings[0] ?? []) : tokenize(step),
    aliases: aliases.flatMap(alias => alias.spellings[0] ?? []),
    description: [...path, ...(tag.description ? tokenize(tag.description) : [])],
  }
}

/** The words of a tag with how much each belongs to it. */
export function tagWords(
  tag: TagTerms,
  shares: { readonly name: number; readonly alias: number; readonly description: number },
): Map<string, number> {
  const words = new Map<string, number>()
  const add = (tokens: readonly string[], share: number): void => {
    for (const token of tokens) words.set(token, (words.get(token) ?? 0) + share)
  }
  add(tag.name, shares.name)
  add(tag.aliases, shares.alias)
  add(tag.description, shares.description)
  return words
}
