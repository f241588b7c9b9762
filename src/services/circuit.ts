/** Whether an endpoint is worth asking: open once it does nothing but fail. */
export interface Circuit {
  /** Milliseconds until it is worth asking again; 0 when it is. The first to be let through tries for all. */
  admit(): number
  succeeded(): void
  failed(): void
  isOpen(): boolean
}

export interface CircuitOptions {
  /** How many calls have to fail in a row. */
  readonly failures: number
  /** How long nobody asks after that, in milliseconds; doubled as long as it goes on failing. */
  readonly coolDown: number
  readonly longestCoolDown: number
}

export function createCircuit({ failures, coolDown, longestCoolDown }: CircuitOptions): Circuit {
  let failedInRow = 0
  let openUntil = 0
  let nextCoolDown = coolDown
  const isOpen = () => failedInRow >= failures
  return {
    isOpen,
    admit() {
      if (!isOpen()) return 0
      const now = performance.now()
      if (now < openUntil) return openUntil - now
      // One goes; the others wait for what becomes of it.
      openUntil = now + nextCoolDown
      return 0
    },
    succeeded() {
      failedInRow = 0
      nextCoolDown = coolDown
    },
    failed() {
      failedInRow += 1
      if (!isOpen()) return
      const now = performance.now()
      if (failedInRow > failures) nextCoolDown = Math.min(longestCoolDown, nextCoolDown * 2)
      openUntil = now + nextCoolDown
    },
  }
}
