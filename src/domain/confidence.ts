import type { Choices } from './choices.ts'
import type { ListedTag } from './tag-list.ts'

export interface TokenProbability {
  readonly text: string
  /** Natural logarithm. */
  readonly logprob: number
  /** What could have stood in its place, itself included; empty where the endpoint tells none. */
  readonly alternatives: readonly { readonly text: string; readonly logprob: number }[]
}

/**
 * How probable each tag of a reply was when it was written: the product over the tokens of its label, given all before
 * it. A score to rank by, not a calibrated probability: each tag is conditional on those before it.
 */
export function confidences(tokens: readonly TokenProbability[], choices: Choices): ReadonlyMap<ListedTag, number> {
  const text = tokens.map(token => token.text).join('')
  const found = new Map<ListedTag, number>()
  const key = text.lastIndexOf('"tags"')
  const start = text.indexOf('[', Math.max(0, key))
  if (start === -1) return found
  const labels = choices.labels.map(String)
  for (const { value, from, to } of valuesIn(text, start + 1)) {
    const tag = choices.decode(value)
    if (tag === undefined || tag === 'ambiguous' || found.has(tag)) continue
    const longer = labels.some(label => label.length > value.length && label.startsWith(value))
    found.set(tag, Math.min(1, Math.exp(logprobOf(tokens, from, to)) * (longer ? endsHere(tokens, to) : 1)))
  }
  return found
}

/** Numbers and strings up to the closing bracket. */
function* valuesIn(text: string, start: number): Generator<{ value: string; from: number; to: number }> {
  const pattern = /\s*(?:(-?\d{1,16})(?:\.0+)?|"([^"\\]{1,200})")\s*([,\]])/gy
  pattern.lastIndex = start
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const value = match[1] ?? match[2]!
    const from = match.index + match[0].indexOf(value)
    yield { value, from, to: from + value.length }
    if (match[3] === ']') return
  }
}

/** Over every token that shares a character with the span. */
function logprobOf(tokens: readonly TokenProbability[], from: number, to: number): number {
  let at = 0
  let sum = 0
  for (const { text, logprob } of tokens) {
    if (at < to && at + text.length > from) sum += logprob
    at += text.length
  }
  return sum
}

/** That the label ended where it did, and was not the beginning of a longer one. */
function endsHere(tokens: readonly TokenProbability[], to: number): number {
  let at = 0
  for (const { text, alternatives } of tokens) {
    if (at === to && alternatives.length > 0) {
      const ending = alternatives.filter(alternative => !/^[\d\p{L}]/u.test(alternative.text))
      return ending.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)
    }
    at += text.length
  }
  return 1
}
