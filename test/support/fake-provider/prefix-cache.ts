import { hashText } from './random.ts'

const characterPerToken = 4
const mostBlocks = 20_000

export interface PrefixCache {
  /** Tokens of the longest prefix seen before, and remembers this one. */
  seen(prompt: string): number
}

/** Remembers prompts as a chain of block hashes, as servers do, so a look-up costs one pass over the text. */
export function createPrefixCache(from: number, step: number): PrefixCache {
  const blocks = new Set<number>()
  return {
    seen(prompt) {
      const width = step * characterPerToken
      let chain = 0
      let known = 0
      for (let end = width; end <= prompt.length; end += width) {
        chain = hashText(prompt, end - width, end, chain)
        const key = chain * 65_536 + end / width
        if (blocks.has(key)) known = end
        else {
          if (blocks.size >= mostBlocks) blocks.clear()
          blocks.add(key)
        }
      }
      const tokens = known / characterPerToken
      return tokens >= from ? tokens : 0
    },
  }
}
