import { PARTS, type Part, type ReadText } from '../core/passages.ts'
import type { ListedTag } from '../core/tags/tag-list.ts'
import { definitionsIn } from './definition.ts'
import { tokenize as english, lastStep, type Tokenize } from './tokens.ts'

/** Why a tag scored: what was found, and where: in a part of the text, in a sign of its form, or in the examples. */
export interface Evidence {
  readonly phrase: string
  readonly part: TermPart | 'form' | 'examples'
}

/** A name or alias as it is written, and as it may stand in a text. */
interface TagName {
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
function readName(written: string, isAlias: boolean, tokenize: Tokenize): TagName {
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

export function readTag(tag: ListedTag, tokenize: Tokenize = english): TagTerms {
  const step = lastStep(tag.name)
  const path = step === tag.name ? [] : tokenize(tag.name.slice(0, -step.length))
  const name = readName(tag.name, false, tokenize)
  const aliases = tag.aliases.map(alias => readName(alias, true, tokenize))
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

/** The parts of a text, and what it says its subject is, which stands in one of them and counts once more. */
const TERM_PARTS = [...PARTS, 'definition'] as const
type TermPart = Part | 'definition'
export const DEFINITION = PARTS.length

/** One number for each part, in the order of TERM_PARTS. */
export type PerPart = readonly number[]
export type PartCounts = Uint16Array
export const noCounts = (): PartCounts => new Uint16Array(TERM_PARTS.length)

/** A document as the scorers read it. */
export interface TextTerms {
  readonly segments: readonly { readonly part: number; readonly tokens: readonly string[] }[]
  /** How often each word stands in each part. */
  readonly counts: ReadonlyMap<string, PartCounts>
}

const LONGEST_WORD = 64

export function readTerms(text: ReadText, tokenize: Tokenize = english): TextTerms {
  const counts = new Map<string, PartCounts>()
  const definitions = definitionsIn(text).map(text => ({ part: 'definition' as const, text }))
  const segments = [...text.passages, ...definitions].map(passage => {
    const part = TERM_PARTS.indexOf(passage.part)
    const tokens = tokenize(passage.text)
    for (const token of tokens) {
      if (token.length > LONGEST_WORD) continue
      let count = counts.get(token)
      if (!count) {
        count = noCounts()
        counts.set(token, count)
      }
      count[part]! += 1
    }
    return { part, tokens }
  })
  return { segments, counts }
}

/** How present something is: its counts weighed by part, each part counted up to a limit. */
export function presence(counts: PartCounts, weights: PerPart, limit: number): number {
  let sum = 0
  for (let part = 0; part < weights.length; part += 1) sum += weights[part]! * Math.min(counts[part]!, limit)
  return sum
}

/** The part that counts most for this weighing. */
export function strongestPart(counts: PartCounts, weights: PerPart): TermPart {
  let best = 0
  for (let part = 1; part < weights.length; part += 1)
    if (weights[part]! * Math.min(counts[part]!, 1) > weights[best]! * Math.min(counts[best]!, 1)) best = part
  return TERM_PARTS[best]!
}

/** The direction of a text or a tag among the words of a corpus, of length one; undefined when no word is known. */
export type Meaning = Float64Array
