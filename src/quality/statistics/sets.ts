export interface SetScore {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

/** How well a set agrees with the expected one: both empty is all right, and one of them empty all wrong. */
export function setScore(given: ReadonlySet<string>, expected: ReadonlySet<string>): SetScore {
  if (given.size === 0 && expected.size === 0) return { precision: 1, recall: 1, f1: 1 }
  const hits = given.intersection(expected).size
  return {
    precision: given.size === 0 ? 0 : hits / given.size,
    recall: expected.size === 0 ? 0 : hits / expected.size,
    f1: (2 * hits) / (given.size + expected.size),
  }
}
