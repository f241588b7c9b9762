import type { Evidence } from './evidence.ts'
import type { TagTerms } from './tag-terms.ts'
import {
  DEFINITION,
  noCounts,
  type PartCounts,
  type PerPart,
  presence,
  strongestPart,
  type TextTerms,
} from './text-terms.ts'

const PART_WEIGHTS: PerPart = [8, 3, 1, 0.3, 1, 0.05, 0.1, 6]
const COUNT_LIMIT = 2
const HALF_PRESENCE = 12
const ALIAS_SHARE = 0.45
/** Where a text says what it is, an alias counts more and a common word, such as "library", still counts. */
const DEFINING_ALIAS_SHARE = 0.7
const DEFINING_WEIGHT = 0.5
const NEXT_PHRASE_SHARE = 0.7

interface Phrase {
  readonly tag: number
  readonly written: string
  /** What the phrase is worth where it is present. */
  readonly value: number
  /** The same where the text says what it is: there even a common word tells. */
  readonly defining: number
}

export interface PhraseHit {
  readonly score: number
  readonly evidence: readonly Evidence[]
}

export interface PhraseIndex {
  /** The tags named in a text, each with what its phrases are worth there. */
  match(terms: TextTerms): Map<number, PhraseHit>
}

/** The names and aliases of a list as a tree of words. */
export function createPhraseIndex(tags: readonly TagTerms[], weigh: (token: string) => number): PhraseIndex {
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
  const worth = (tokens: readonly string[], isAlias: boolean): { value: number; defining: number } => {
    const weights = tokens.map(weigh).sort((left, right) => right - left)
    const rest = weights.slice(1).reduce((sum, weight) => sum + weight, 0)
    const telling = Math.min(1.3, weights[0]! + 0.2 * rest)
    return {
      value: (isAlias ? ALIAS_SHARE : 1) * Math.sqrt(telling),
      defining: (isAlias ? DEFINING_ALIAS_SHARE : 1) * Math.sqrt(Math.max(DEFINING_WEIGHT, telling)),
    }
  }

  tags.forEach((tag, index) => {
    const taken = new Set<string>()
    for (const { written, isAlias, spellings } of tag.names) {
      for (const tokens of spellings) {
        const key = tokens.join(' ')
        if (taken.has(key)) continue
        taken.add(key)
        add(tokens, { tag: index, written, ...worth(tokens, isAlias) })
      }
    }
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
            value: ((counts[DEFINITION]! > 0 ? phrase.defining : phrase.value) * weighed) / (weighed + HALF_PRESENCE),
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
