import { hashText } from './random.ts'

interface TokenLogprob {
  token: string
  logprob: number
  bytes: number[]
}

const entry = (token: string, logprob: number): TokenLogprob => ({ token, logprob, bytes: [...Buffer.from(token)] })

/** Plausible and repeatable: digits are what the model hesitates over, the frame around them is all but certain. */
export function logprobsOf(tokens: readonly string[], alternatives: number) {
  const content = tokens.map((token, index) => {
    const digits = /^\d/u.test(token)
    const share = (hashText(token, 0, token.length, index + 1) % 1000) / 1000
    const probability = digits ? 0.55 + 0.44 * share : 0.999
    const others = Array.from({ length: Math.max(0, Math.min(alternatives, 20) - 1) }, (_, rank) => {
      const other = digits ? `${(Number(token) + rank + 1) % 1000}` : ' '.repeat(rank + 1)
      return entry(other, Math.log((1 - probability) / 2 ** (rank + 1)))
    })
    const itself = entry(token, Math.log(probability))
    return { ...itself, top_logprobs: alternatives > 0 ? [itself, ...others] : [] }
  })
  return { content, refusal: null }
}
