import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { LineResult } from '../core/classifier.ts'
import type { Outcome } from '../core/outcome.ts'
import { type Attempt, costOf, noUsage, sumUsage } from '../core/usage.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** How the request ended, for the log line; never what was in it. */
    outcome:
      | { readonly code: Outcome; readonly attempts: readonly Attempt[]; readonly cost?: number | null }
      | undefined
    /** Of a stream: what became of its lines. */
    lines: LineTally | undefined
  }
}

/** One line for each request. */
export function logRequests(app: FastifyInstance): void {
  app.decorateRequest('outcome', undefined)
  app.decorateRequest('lines', undefined)
  app.addHook('onResponse', (request, reply, done) => {
    logRequest(request, reply)
    done()
  })
}

export function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  const { outcome } = request
  request.log.info(
    {
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      ...(request.apiKey && { key: request.apiKey.name }),
      ...(outcome && { outcome: outcome.code }),
      ...(outcome && outcome.attempts.length > 0 && spent(outcome.attempts, reply.elapsedTime)),
      ...request.lines,
      ...(outcome?.cost !== undefined && { cost_usd: outcome.cost }),
      elapsed_ms: Math.round(reply.elapsedTime * 10) / 10,
    },
    'request',
  )
}

/** What a request had to wait for, in milliseconds. */
export const modelTimeOf = (attempts: readonly Attempt[]): number =>
  attempts.reduce((sum, { elapsed_ms, wait_ms }) => sum + elapsed_ms + wait_ms, 0)

function spent(attempts: readonly Attempt[], elapsed: number) {
  const { input_tokens, cached_input_tokens, output_tokens } = sumUsage(attempts.map(({ usage }) => usage))
  const model_ms = modelTimeOf(attempts)
  return {
    model: attempts.at(-1)?.model,
    attempts: attempts.length,
    input_tokens,
    cached_input_tokens,
    output_tokens,
    model_ms,
    own_ms: Math.max(0, Math.round((elapsed - model_ms) * 10) / 10),
  }
}

/** What became of the lines of a stream, for its one line in the log. */
interface LineTally {
  readonly lines: number
  readonly outcomes: Partial<Readonly<Record<Outcome, number>>>
  readonly attempts: number
  readonly input_tokens: number | null
  readonly cached_input_tokens: number | null
  readonly output_tokens: number | null
  /** Of all calls that were answered; null when one of them has no known price. */
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
      const more = costOf(attempts)
      cost = cost === null || more === null ? null : cost + more
    },
    sums(): LineTally {
      const { input_tokens, cached_input_tokens, output_tokens } = usage
      return { lines, outcomes, attempts: calls, input_tokens, cached_input_tokens, output_tokens, cost_usd: cost }
    },
  }
}
