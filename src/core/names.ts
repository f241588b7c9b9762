const longestName = 128

/**
 * A name that somebody else gave, such as that of the model that answered: fit for a row of a database, a label and a
 * log. Control characters and lone surrogates are replaced, what is too long is cut; undefined where nothing is left,
 * and for what is no text.
 */
export function cleanName(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined
  const clean = name
    .slice(0, longestName)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029\u{fffd}]+/gu, ' ')
    .trim()
  return clean === '' ? undefined : clean
}

/** A name as the value of an HTTP header, which holds printable ASCII alone. */
export const headerValue = (name: string): string => name.replace(/[^\x20-\x7e]/gu, '?')

/** Lets through the first names that come, so many at the most, and calls all others `other`: a bounded set of labels. */
export function createBoundedNames(most: number): (name: string) => string {
  const known = new Set<string>()
  return name => {
    if (known.size < most) known.add(name)
    return known.has(name) ? name : 'other'
  }
}

/** The beginning of a text, of `most` UTF-16 units or one less: no character is cut in two. */
export function clipped(text: string, most: number): string {
  const end = (text.codePointAt(most - 1) ?? 0) > 0xffff ? most - 1 : most
  return text.slice(0, end)
}
