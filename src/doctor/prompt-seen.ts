import type { ListedTag, TagList } from '../core/tags/tag-list.ts'
import type { Diagnosis } from './diagnosis.ts'

/** How long the messages were that were sent, and how many tokens the endpoint counted in them. */
export interface CountedPrompt {
  readonly bytes: number
  readonly tokens: number | null
}

export interface PromptSight {
  readonly seen: Diagnosis['prompt_seen']
  /** Tokens for each byte of plain prose; null when it was not found out. */
  readonly density: number | null
}

/** In bytes. A shorter stretch of prose is too few tokens to tell a count that grows from one that does not. */
const shortestStretch = 150
/** No tokenizer takes more bytes of English prose into a token. */
const mostBytesPerToken = 12
/** In tokens. No server has a context so small: a lower count that stays the same is made up. */
const smallestContext = 128
/** The same kind of prose, measured twice, differs by less. */
const leastShare = 0.85

/** A text of three bytes a letter may come to this share of the tokens that English prose of its size has. */
const leastInAnyLanguage = 0.3

export interface CountedPrompts {
  /** What was counted for one question that was asked twice. */
  readonly same: readonly [number | null, number | null]
  /** Three prompts that differ in the length of the prose at their end; null for one that was turned down. */
  readonly short: CountedPrompt
  readonly longer: CountedPrompt
  readonly longest: CountedPrompt | null
}

/**
 * Whether an endpoint saw all of a prompt. What a prompt comes to depends on the tokenizer and the language of the list,
 * so counts are not compared with an estimate but with each other: a prompt that was cut to what fits counts the same,
 * however much longer it gets.
 */
export function promptSight({ same, short, longer, longest }: CountedPrompts): PromptSight {
  const growth = growthOf(short, longer)
  // Some servers leave out what they had in their cache: such counts say nothing about the prompt.
  if (growth === null || !areAlike(same)) return { seen: 'unclear', density: null }
  if (growth.tokens * mostBytesPerToken < growth.bytes) {
    return { seen: short.tokens! < smallestContext ? 'unclear' : 'cut', density: null }
  }
  const density = growth.tokens / growth.bytes
  // It grows, but is far too small in any language: servers that drop whole blocks of a prompt count like that.
  if (short.tokens! < short.bytes * density * leastInAnyLanguage) return { seen: 'cut', density: null }
  const rest = longest && growthOf(longer, longest)
  if (!rest) return { seen: 'whole', density }
  return { seen: rest.tokens < rest.bytes * density * leastShare ? 'cut_with_long_texts' : 'whole', density }
}

const areAlike = ([first, second]: CountedPrompts['same']): boolean =>
  first !== null && second !== null && Math.abs(first - second) <= 0.02 * Math.max(first, second)

function growthOf(before: CountedPrompt, after: CountedPrompt): { bytes: number; tokens: number } | null {
  const bytes = after.bytes - before.bytes
  if (before.tokens === null || after.tokens === null || bytes < shortestStretch) return null
  return { bytes, tokens: after.tokens - before.tokens }
}

interface CanaryText {
  readonly text: string
  /** The tag of the list that the text is about. */
  readonly about: ListedTag
}

export interface CanaryTexts {
  readonly first: CanaryText
  /** As unlike the first one as the list allows. */
  readonly second: CanaryText
  /** Both begin as the second one does, and go on for part of the budget and for all of it. */
  readonly longer: string
  readonly longest: string
}

/** Of English prose. */
export const bytesPerToken = 4
const longerBytes = 2_000

/** Texts whose tags are known whatever the list is, as they are written from its entries; `budget` is in tokens. */
export function canaryTexts({ tags }: TagList, budget: number): CanaryTexts {
  // Neither from the head of the list, where a model that copies begins, nor next to each other.
  const [first, second] = [1, 2].map(third => canaryOf(tags[Math.floor((third * tags.length) / 3)]!)) as [
    CanaryText,
    CanaryText,
  ]
  const room = budget * bytesPerToken
  const start = `${second.text}\n\n`
  const upTo = (size: number) => `${start}${filler(size - Buffer.byteLength(start))}`
  return { first, second, longer: upTo(Math.min(longerBytes, room / 2)), longest: upTo(room) }
}

function canaryOf(about: ListedTag): CanaryText {
  const { name, description, aliases } = about
  const others = aliases.length === 0 ? '' : ` Others call it ${aliases.join(', ')}.`
  return {
    about,
    text: `# About ${name}\n\nAll of this is about ${name}.${description ? ` ${description}.` : ''}${others}`,
  }
}

/** Prose about nothing that a list could name. Every stretch of it has the same share of letters and blanks. */
const sentences = [
  'It was begun by two friends who had the same question and found no answer that they liked.',
  'Much has been written since then, and most of it still holds when one looks at it again.',
  'Whoever reads this for the first time may well want to start at the end and come back later.',
  'Nothing here is new, but it is told in an order that makes the hard parts easier to follow.',
  'There were years in which nobody changed a word, and others in which little stayed as it was.',
  'Some of those who helped have left since, and what they did is what the rest stands on.',
  'A small part came about by chance, and nobody could say afterwards why it went so well.',
]

/** Paragraphs in which the sentences come in another order each time, so that none is taken for a repetition. */
function filler(bytes: number): string {
  const paragraphs: string[] = []
  for (let size = 0, turn = 0; size < bytes; turn++) {
    const step = 1 + (turn % (sentences.length - 1))
    const order = sentences.map((_, index) => sentences[(turn + index * step) % sentences.length])
    paragraphs.push(order.join(' '))
    size += paragraphs.at(-1)!.length + 2
  }
  return paragraphs.join('\n\n').slice(0, Math.max(0, Math.floor(bytes)))
}
