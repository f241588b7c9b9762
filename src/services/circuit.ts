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
  /** And for how long, in milliseconds: calls that fail together are one misfortune. */
  readonly span: number
  /** How long nobody asks after that, in milliseconds; doubled as long as it goes on failing. */
  readonly coolDown: number
  readonly longestCoolDown: number
}

export function createCircuit({ failures, span, coolDown, longestCoolDown }: CircuitOptions): Circuit {
  let failedInRow = 0
  let openUntil = 0
  let nextCoolDown = coolDown
  let failingSince = 0
  let open = false
  const isOpen = () => open
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
      open = false
      nextCoolDown = coolDown
    },
    failed() {
      const now = performance.now()
      if (failedInRow === 0) failingSince = now
      failedInRow += 1
      if (failedInRow < failures || now - failingSince < span) return
      if (open) nextCoolDown = Math.min(longestCoolDown, nextCoolDown * 2)
      open = true
      openUntil = now + nextCoolDown
    },
  }
}
