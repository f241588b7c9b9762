import type { Outcome } from '../domain/outcome.ts'
import { noUsage, sumUsage } from '../domain/usage.ts'
import type { LineResult } from '../services/line-streams.ts'

/** What became of the lines of a stream, for its one line in the log. */
export interface LineTally {
  readonly lines: number
  readonly outcomes: Partial<Readonly<Record<Outcome, number>>>
  readonly attempts: number
  readonly input_tokens: number | null
  readonly cached_input_tokens: number | null
  readonly output_tokens: number | null
  /** Of the answers; null when one of them has no known price. */
  readonly cost_usd: number | null
}

/** Sums, as a stream has any number of lines. */
export function createLineTally() {
  const outcomes: Partial<Record<Outcome, number>> = {}
  let lines = 0
  let calls = 0
  let usage = noUsage
  let cost: number | null = 0
  return {
    count(line: LineResult): void {
      const { outcome, attempts } =
        'result' in line ? line.result.details : { outcome: line.error.code, attempts: line.error.attempts }
      lines += 1
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      calls += attempts.length
      usage = sumUsage([usage, ...attempts.map(attempt => attempt.usage)])
      const more = 'result' in line ? line.result.details.cost_usd : 0
      cost = cost === null || more === null ? null : cost + more
    },
    sums(): LineTally {
      const { input_tokens, cached_input_tokens, output_tokens } = usage
      return { lines, outcomes, attempts: calls, input_tokens, cached_input_tokens, output_tokens, cost_usd: cost }
    },
  }
}
