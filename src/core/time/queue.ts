/** Those who wait for something, first come first served. */
export interface Queue<Waiter> {
  readonly length: number
  add(waiter: Waiter): void
  /** The one who has waited longest, who then waits no more. */
  take(): Waiter | undefined
  /** Does nothing for one who does not wait. */
  remove(waiter: Waiter): void
}

/**
 * An array, and no map or set. V8 links each table that a map outgrows to the next one, so that as soon as one of them
 * is in the old generation, all that came and went since is held until the next full collection of garbage: with those
 * who waited, the texts of their requests.
 */
export function createQueue<Waiter>(): Queue<Waiter> {
  const waiters: Waiter[] = []
  return {
    get length() {
      return waiters.length
    },
    add: waiter => void waiters.push(waiter),
    take: () => waiters.shift(),
    remove(waiter) {
      const place = waiters.indexOf(waiter)
      if (place >= 0) waiters.splice(place, 1)
    },
  }
}
