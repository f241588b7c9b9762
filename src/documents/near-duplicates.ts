/** From this share of common words on, two texts are one text for the question what one of them tells of the other. */
const nearDuplicate = 0.8
const wordsOfOpening = 60

export const openingOf = (text: string, words = wordsOfOpening): string =>
  text.trim().split(/\s+/).slice(0, words).join(' ')

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])

/** A text by its words and those of its opening: of some texts no more than that is kept. */
export interface TextWords {
  readonly all: ReadonlySet<string>
  readonly opening: ReadonlySet<string>
}

export const textWords = (text: string): TextWords => ({ all: wordsOf(text), opening: wordsOf(openingOf(text)) })

/** Whether two texts are forks, copies or versions of each other. */
export const areNearDuplicates = (one: TextWords, other: TextWords): boolean =>
  shareMost(one.all, other.all) || shareMost(one.opening, other.opening)

function shareMost(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  if (Math.min(one.size, other.size) < nearDuplicate * Math.max(one.size, other.size)) return false
  const shared = one.intersection(other).size
  return shared >= nearDuplicate * (one.size + other.size - shared)
}
