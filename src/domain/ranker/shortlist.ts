import type { TagId } from '../tag.ts'
import { bestFirst } from './order.ts'
import type { Scores } from './scoring.ts'

const ENOUGH_EXAMPLES = 50
const LONG_LIST = 10_000
const NEAREST_EXAMPLES = 10
const SEATS_FOR_NEAREST = 0.25

/** Takes turns between orders, so that what one scorer misses another brings. */
function interleave(orders: readonly (readonly number[])[], size: number): Set<number> {
  const taken = new Set<number>()
  const next = orders.map(() => 0)
  for (let idle = 0; taken.size < size && idle < orders.length; ) {
    for (const [turn, order] of orders.entries()) {
      while (next[turn]! < order.length && taken.has(order[next[turn]!]!)) next[turn]! += 1
      const place = order[next[turn]!]
      idle = place === undefined ? idle + 1 : 0
      if (place !== undefined && taken.size < size) taken.add(place)
    }
  }
  return taken
}

/** The places of the tags that a model should see, most promising first; among them those of the nearest examples. */
export function shortlistOf(scores: Scores, size: number, examples: number, placeOf: (id: TagId) => number): number[] {
  const total = bestFirst(scores.total)
  const trusted = examples >= ENOUGH_EXAMPLES && scores.total.length >= LONG_LIST
  const meaning = scores.meaning ? [bestFirst(scores.meaning)] : []
  const orders = trusted ? [total] : [total, total, ...meaning, bestFirst(scores.named)]
  const chosen = [...interleave(orders, size)]
  const near = scores.nearest.slice(0, NEAREST_EXAMPLES).flatMap(({ example }) => example.tags.map(placeOf))
  const missing = [...new Set(near)].filter(place => place >= 0 && !chosen.includes(place))
  const seats = missing.slice(0, Math.floor(size * SEATS_FOR_NEAREST))
  return [...chosen.slice(0, size - seats.length), ...seats]
}
