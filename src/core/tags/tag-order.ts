import { hash } from 'node:crypto'
import { z } from 'zod'
import type { ListedTag, TagId } from './tag-list.ts'

/** The order in which a model is shown a list: models favour some places, so it is part of what is asked. */
export const TagOrder = z
  .enum(['list', 'id', 'name', 'seeded'])
  .describe('As the list has it, by id, by name, or shuffled by `seed`: the same way every time.')
export type TagOrder = z.infer<typeof TagOrder>

export function inOrder(
  tags: readonly ListedTag[],
  { order, seed }: { readonly order: TagOrder; readonly seed: number },
): readonly ListedTag[] {
  switch (order) {
    case 'list':
      return tags
    case 'id':
      return tags.toSorted((left, right) => compareIds(left.id, right.id))
    case 'name':
      return tags.toSorted((left, right) => compareText(left.name, right.name))
    case 'seeded': {
      const draws = new Map(tags.map(tag => [tag, hash('sha256', `${seed} ${tag.id}`)]))
      return tags.toSorted((left, right) => compareText(draws.get(left)!, draws.get(right)!))
    }
  }
}

/** Numbers by value and before texts; not by locale, so that every machine has the same order. */
function compareIds(left: TagId, right: TagId): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (typeof left !== typeof right) return typeof left === 'number' ? -1 : 1
  return compareText(String(left), String(right))
}

const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
