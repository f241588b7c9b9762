import type { ListedTag } from '../tag-list.ts'
import type { Evidence } from './evidence.ts'
import { noCounts, type PartCounts, type PerPart, presence, strongestPart, type TextTerms } from './text-terms.ts'
import { tokenize } from './tokens.ts'

const PART_WEIGHTS: PerPart = [8, 3, 1, 0.3, 1, 0.05, 0.1]
const COUNT_LIMIT = 2
const HALF_PRESENCE = 12
const ALIAS_SHARE = 0.5
const NEXT_PHRASE_SHARE = 0.7
const LONGEST_JOINED = 3

interface Phrase {
  readonly tag: number
  readonly written: string
  /** What the phrase is worth where it is present. */
  readonly value: number
}

export interface PhraseHit {
  readonly score: number
  readonly evidence: readonly Evidence[]
}

export interface PhraseIndex {
  /** The tags named in a text, each with what its phrases are worth there. */
  match(terms: TextTerms): Map<number, PhraseHit>
}

const splitWords = (written: string): string => written.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')

function spellings(written: string): string[][] {
  const found = new Map<string, string[]>()
  for (const tokens of [tokenize(written), tokenize(splitWords(written))]) {
    if (tokens.length === 0) continue
    found.set(tokens.join(' '), tokens)
    if (tokens.length > 1 && tokens.length <= LONGEST_JOINED) found.set(tokens.join(''), [tokens.join('')])
  }
  return [...found.values()]
}

/** The names and aliases of a list as a tree of words. */
export function createPhraseIndex(tags: readonly ListedTag[], weigh: (token: string) => number): PhraseIndex {
  const tokenIds = new Map<string, number>()
  const children = new Map<number, number>()
  const phrases: (Phrase | Phrase[] | undefined)[] = [undefined]
  const words = 2 ** 22

  const tokenId = (token: string): number => {
    const known = tokenIds.get(token)
    if (known !== undefined) return known
    tokenIds.set(token, tokenIds.size)
    return tokenIds.size - 1
  }
  const add = (tokens: readonly string[], phrase: Phrase): void => {
    let node = 0
    for (const token of tokens) {
      const edge = node * words + tokenId(token)
      let next = children.get(edge)
      if (next === undefined) {
        next = phrases.length
        phrases.push(undefined)
        children.set(edge, next)
      }
      node = next
    }
    const held = phrases[node]
    if (held === undefined) phrases[node] = phrase
    else if (Array.isArray(held)) held.push(phrase)
    else phrases[node] = [held, phrase]
  }
  const value = (tokens: readonly string[], share: number): number => {
    const weights = tokens.map(weigh).sort((left, right) => right - left)
    const rest = weights.slice(1).reduce((sum, weight) => sum + weight, 0)
    return share * Math.sqrt(Math.min(1.3, weights[0]! + 0.2 * rest))
  }

  tags.forEach((tag, index) => {
    const taken = new Set<string>()
    ;[tag.name, ...tag.aliases].forEach((written, place) => {
      for (const tokens of spellings(written)) {
        const key = tokens.join(' ')
        if (taken.has(key)) continue
        taken.add(key)
        add(tokens, { tag: index, written, value: value(tokens, place === 0 ? 1 : ALIAS_SHARE) })
      }
    })
  })

  function count(terms: TextTerms): Map<number, PartCounts> {
    const found = new Map<number, PartCounts>()
    for (const { part, tokens } of terms.segments) {
      const ids = tokens.map(token => tokenIds.get(token) ?? -1)
      for (let start = 0; start < ids.length; start += 1) {
        let node: number | undefined = 0
        for (let end = start; end < ids.length && ids[end]! >= 0; end += 1) {
          node = children.get(node * words + ids[end]!)
          if (node === undefined) break
          if (phrases[node] === undefined) continue
          let counts = found.get(node)
          if (!counts) {
            counts = noCounts()
            found.set(node, counts)
          }
          counts[part]! += 1
        }
      }
    }
    return found
  }

  return {
    match(terms) {
      const perTag = new Map<number, { value: number; evidence: Evidence }[]>()
      for (const [node, counts] of count(terms)) {
        const weighed = presence(counts, PART_WEIGHTS, COUNT_LIMIT)
        const part = strongestPart(counts, PART_WEIGHTS)
        for (const phrase of [phrases[node]!].flat()) {
          const hit = {
            value: (phrase.value * weighed) / (weighed + HALF_PRESENCE),
            evidence: { phrase: phrase.written, part },
          }
          const hits = perTag.get(phrase.tag)
          if (hits) hits.push(hit)
          else perTag.set(phrase.tag, [hit])
        }
      }
      const scores = new Map<number, PhraseHit>()
      for (const [tag, hits] of perTag) {
        hits.sort((left, right) => right.value - left.value || (left.evidence.phrase < right.evidence.phrase ? -1 : 1))
        const score = hits.reduce((sum, hit, place) => sum + hit.value * NEXT_PHRASE_SHARE ** place, 0)
        scores.set(tag, { score, evidence: hits.slice(0, 3).map(hit => hit.evidence) })
      }
      return scores
    },
  }
}
