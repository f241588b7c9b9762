let last: Promise<unknown> = Promise.resolve()

/**
 * Waits for a turn of the event loop of one's own. What is heavy and can be done in pieces asks for one between two
 * pieces: however many there are of it, no more than one piece is done in a turn, and all else goes on in between.
 */
export function ownTurn(): Promise<unknown> {
  last = last.then(() => new Promise(resolve => setImmediate(resolve)))
  return last
}

/** The longest piece of heavy work, in milliseconds. */
const longestPiece = 10

/** For a loop of small steps: asks for a turn whenever the steps since the last one took long. */
export function createPieces(): () => Promise<unknown> | undefined {
  let begun = performance.now()
  return () => {
    if (performance.now() - begun < longestPiece) return undefined
    return ownTurn().then(() => {
      begun = performance.now()
    })
  }
}
