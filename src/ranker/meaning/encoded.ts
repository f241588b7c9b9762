import type { EncodedList, Encoding } from '../../core/ranking.ts'
import type { ListedTag } from '../../core/tags/tag-list.ts'
import { readText } from '../../documents/index.ts'
import { prose } from '../reading.ts'
import { BACKGROUND } from './background.ts'

/** In bytes: within the 512 tokens of small encoders, in any script. */
const longestText = 1_500

/** What of a text an encoder is shown. */
const ofText = (text: string): string => clipped(prose(readText(text)))

/** What of a tag. */
const ofTag = ({ name, aliases, description }: ListedTag): string =>
  clipped(`${name}${aliases.length > 0 ? ` (${aliases.join(', ')})` : ''}${description ? `: ${description}` : ''}`)

function clipped(text: string): string {
  const bytes = new TextEncoder().encode(text.replace(/\s+/g, ' ').trim())
  return new TextDecoder().decode(bytes.subarray(0, longestText)).replace(/\ufffd+$/, '')
}

/**
 * Encoders differ in what they call near, of one encoder some tags are near to everything, and a text in another language
 * is far from all of them: so no cosine counts as it is. Which tag is nearest is told within the list, and whether any is
 * near by what it comes to with other texts.
 */
function createList(tags: readonly Float32Array[], background: readonly Float32Array[]): EncodedList {
  const directions = tags.map(ofLengthOne)
  const others = background.map(ofLengthOne)
  const levels = directions.map(direction => levelOf(others.map(other => product(direction, other))))
  const dimensions = directions[0]?.length ?? 0
  return {
    bytes: 4 * dimensions * directions.length,
    compare(vector) {
      if (vector.length !== dimensions)
        throw new RangeError('The vector of a text is of another length than those of tags.')
      const direction = ofLengthOne(vector)
      const cosines = Float64Array.from(directions, tag => product(tag, direction))
      const list = levelOf(cosines)
      return {
        nearness: cosines.map(cosine => (cosine - list.mean) / list.spread),
        standing: cosines.reduce((highest, cosine, place) => {
          const { mean, spread } = levels[place]!
          return Math.max(highest, (cosine - mean) / spread)
        }, 0),
      }
    },
  }
}

export const encoding: Encoding = { background: BACKGROUND, ofText, ofTag, createList }

function levelOf(cosines: ArrayLike<number>): { readonly mean: number; readonly spread: number } {
  const values = Array.from(cosines)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  return { mean, spread: Math.sqrt(variance) || 1 }
}

function ofLengthOne(vector: Float32Array): Float32Array {
  const length = Math.sqrt(product(vector, vector)) || 1
  return vector.map(value => value / length)
}

function product(left: Float32Array, right: Float32Array): number {
  let sum = 0
  for (let at = 0; at < left.length; at += 1) sum += left[at]! * right[at]!
  return sum
}
