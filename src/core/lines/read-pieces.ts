import { brokenEntry } from './entry.ts'
import type { Piece, Splitter } from './pieces.ts'

/**
 * The entries of a body, as they come. One that is not UTF-8 fails alone, unless it is the first: then all of the body
 * is likely to be in another charset, and its sender is told before anything of it is taken.
 * @throws ServiceError unusable_text, and what reading the body throws
 */
export async function* readPieces(
  body: AsyncIterable<Uint8Array>,
  splitter: Splitter,
  /** False for the rest of an upload that broke off, whose first entry is any. */
  { isBeginning = true } = {},
): AsyncGenerator<Piece, undefined> {
  let isFirst = isBeginning
  function checked(pieces: readonly Piece[]): readonly Piece[] {
    const [first] = pieces
    if (first && isFirst) {
      if (first.isBroken) throw brokenEntry(first)
      isFirst = false
    }
    return pieces
  }
  for await (const chunk of body) yield* checked(splitter.push(chunk))
  yield* checked(splitter.end())
}
