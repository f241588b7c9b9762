const startedAt = Date.now() - performance.now()

/**
 * Milliseconds since 1970 as the clock had it when the process started, counted on by the one that nobody sets. For
 * waits: whatever happens to the time of day, they take as long as they were meant to.
 */
export const steadyNow = (): number => Math.round(startedAt + performance.now())
