import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Outcome } from '../domain/outcome.ts'
import { type Attempt, sumUsage } from '../domain/usage.ts'
import type { LineTally } from './line-tally.ts'

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

function spent(attempts: readonly Attempt[], elapsed: number) {
  const { input_tokens, cached_input_tokens, output_tokens } = sumUsage(attempts.map(({ usage }) => usage))
  const model_ms = attempts.reduce((sum, { elapsed_ms, wait_ms }) => sum + elapsed_ms + wait_ms, 0)
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
