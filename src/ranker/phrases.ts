import {
  DEFINITION,
  type Evidence,
  noCounts,
  type PartCounts,
  type PerPart,
  presence,
  strongestPart,
  type TagTerms,
  type TextTerms,
} from './terms.ts'

const PART_WEIGHTS: PerPart = [8, 3, 1, 0.3, 1, 0.05, 0.1, 6]
const COUNT_LIMIT = 2
const HALF_PRESENCE = 12
const ALIAS_SHARE = 0.45
/** Where a text says what it is, an alias counts more and a common word, such as "library", still counts. */
const DEFINING_ALIAS_SHARE = 0.7
const DEFINING_WEIGHT = 0.5
const NEXT_PHRASE_SHARE = 0.7
/** Tokens and nodes share one number as a key; both stay far below this. */
const MOST_TOKENS = 2 ** 24

export interface PhraseHit {
  readonly score: number
  readonly evidence: readonly Evidence[]
}

export interface PhraseIndex {
  /** The tags named in a text, each with what its phrases are worth there. */
  match(terms: TextTerms): Map<number, PhraseHit>
}

/** The names and aliases of a list as a tree of words, kept in columns: a list may hold 100,000 tags. */
export function createPhraseIndex(tags: readonly TagTerms[], weigh: (token: string) => number): PhraseIndex {
  const tokenIds = new Map<string, number>()
  const children = new Map<number, number>()
  /** For each node the last phrase that ends there; 0 for none. */
  const phraseAt: number[] = [0]
  /** For each phrase the one before it at the same node, its tag, its name, and what it is worth. */
  const before: number[] = [0]
  const tagOf: number[] = [-1]
  const written: string[] = ['']
  const values: number[] = [0.5]
  const definingValues: number[] = [0.5]

  const tokenId = (token: string): number => {
    const known = tokenIds.get(token)
    if (known !== undefined) return known
    tokenIds.set(token, tokenIds.size)
    return tokenIds.size - 1
  }
  const nodeOf = (tokens: readonly string[]): number => {
    let node = 0
    for (const token of tokens) {
      const edge = node * MOST_TOKENS + tokenId(token)
      let next = children.get(edge)
      if (next === undefined) {
        next = phraseAt.push(0) - 1
        children.set(edge, next)
      }
      node = next
    }
    return node
  }
  const telling = (tokens: readonly string[]): number => {
    const weights = tokens.map(weigh)
    const greatest = Math.max(...weights)
    const rest = weights.reduce((sum, weight) => sum + weight, 0) - greatest
    return Math.min(1.3, greatest + 0.2 * rest)
  }

  tags.forEach((tag, index) => {
    const taken = new Set<number>()
    for (const name of tag.names) {
      for (const tokens of name.spellings) {
        const node = nodeOf(tokens)
        if (taken.has(node)) continue
        taken.add(node)
        before.push(phraseAt[node]!)
        phraseAt[node] = tagOf.push(index) - 1
        written.push(name.written)
        const weight = telling(tokens)
        values.push((name.isAlias ? ALIAS_SHARE : 1) * Math.sqrt(weight))
        const defining = Math.sqrt(Math.max(DEFINING_WEIGHT, weight))
        definingValues.push((name.isAlias ? DEFINING_ALIAS_SHARE : 1) * defining)
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
          node = children.get(node * MOST_TOKENS + ids[end]!)
          if (node === undefined) break
          if (phraseAt[node] === 0) continue
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
        const worth = counts[DEFINITION]! > 0 ? definingValues : values
        for (let phrase = phraseAt[node]!; phrase > 0; phrase = before[phrase]!) {
          const value = (worth[phrase]! * weighed) / (weighed + HALF_PRESENCE)
          const hit = { value, evidence: { phrase: written[phrase]!, part } }
          const hits = perTag.get(tagOf[phrase]!)
          if (hits) hits.push(hit)
          else perTag.set(tagOf[phrase]!, [hit])
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
