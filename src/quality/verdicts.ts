import { Verdict } from '../core/feedback.ts'
import type { FeedbackRow } from '../core/stores/feedback-store.ts'
import type { TagId, TagList } from '../core/tags/tag-list.ts'

/** What all that was said of a text comes to under a list. */
export interface Finding {
  /** The whole answer; undefined when nobody gave one, or not the same one. */
  readonly answer: readonly TagId[] | undefined
  /** Spellings of the ids that must not be proposed. */
  readonly rejected: ReadonlySet<string>
  /** Reviewers who are contradicted by another. */
  readonly contradicted: ReadonlySet<string>
  /** Reviewers who named tags of which none is on the list. */
  readonly asleep: ReadonlySet<string>
}

export const readVerdict = ({ verdict }: Pick<FeedbackRow, 'verdict'>): Verdict => Verdict.parse(JSON.parse(verdict))

/** The tags that a verdict says are right; undefined when it only rejects some. */
export function rightTags({ accepted, missing, none }: Verdict): TagId[] | undefined {
  if (none) return []
  const right = new Map([...accepted, ...missing].map(id => [String(id), id]))
  return right.size > 0 ? [...right.values()] : undefined
}

/**
 * Tags follow by their id, whatever they are called now; a tag that left the list is as if nobody had named it. What
 * two people disagree about is left out: a whole answer that differs, and a tag that one accepts and another rejects.
 */
export function findingOf(rows: readonly FeedbackRow[], { byId }: Pick<TagList, 'byId'>): Finding {
  const listed = (ids: readonly TagId[]) => ids.flatMap(id => byId.get(String(id))?.id ?? [])
  const said = rows.map(row => {
    const verdict = readVerdict(row)
    const given = rightTags(verdict)
    const right = given && listed(given)
    const rejected = listed(verdict.rejected)
    const isAsleep = !verdict.none && rejected.length === 0 && (right?.length ?? 0) === 0
    return {
      reviewer: row.reviewer,
      right: given?.length === 0 || right?.length ? right : undefined,
      rejected,
      isAsleep,
    }
  })
  const awake = said.filter(({ isAsleep }) => !isAsleep)
  const contradicted = new Set<string>()
  const disputed = new Set<string>()
  for (const one of awake) {
    for (const other of awake) {
      if (one === other) continue
      const both = (one.right ?? []).filter(id => other.rejected.includes(id))
      for (const id of both) disputed.add(String(id))
      const differs = one.right !== undefined && other.right !== undefined && !sameSet(one.right, other.right)
      if (both.length > 0 || differs) contradicted.add(one.reviewer).add(other.reviewer)
    }
  }
  const whole = awake.find(({ right }) => right !== undefined)
  const agreed = whole && awake.every(({ right, reviewer }) => right === undefined || !contradicted.has(reviewer))
  return {
    answer: agreed ? whole.right : undefined,
    rejected: new Set(awake.flatMap(({ rejected }) => rejected.map(String)).filter(id => !disputed.has(id))),
    contradicted,
    asleep: new Set(said.filter(({ isAsleep }) => isAsleep).map(({ reviewer }) => reviewer)),
  }
}

const sameSet = (left: readonly TagId[], right: readonly TagId[]) =>
  left.length === right.length && left.every(id => right.includes(id))
