export interface UsageTotal {
  /** 2026-11-22, UTC. */
  readonly day: string
  readonly model: string
  readonly key: string
  /** Calls of the model that were answered, or cut before they were. */
  readonly requests: number
  readonly inputTokens: number
  /** Of those, read from the prompt cache of the provider. */
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly costUsd: number
  /** Answered calls whose price is unknown. */
  readonly unpriced: number
  /** Calls that were cut: what they used is unknown, and not in these sums. */
  readonly unanswered: number
}

export interface UsageLedger {
  /** Adds to the totals of their day, model and key. */
  addUsage(totals: readonly UsageTotal[]): Promise<void>
  /** Days from and to are included. */
  readUsage(days: { from: string; to: string }): Promise<UsageTotal[]>
}
