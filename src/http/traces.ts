import type { FastifyInstance } from 'fastify'
import { traceNames as names, type Span, type Tracing } from '../observability/index.ts'
import { scopeOf } from './access.ts'

declare module 'fastify' {
  interface FastifyRequest {
    span: Span | undefined
  }
}

/** A span for every request that means something; probes and documentation are none of a trace's business. */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  app.decorateRequest('span', undefined)
  app.addHook('onRequest', async (request, reply) => {
    const { method, id, headers } = request
    const route = request.routeOptions.url
    if (route === undefined || scopeOf(route) === 'anyone') return
    const span = tracing.start(`${method} ${route}`, {
      kind: 'server',
      attributes: { [names.requestMethod]: method, [names.route]: route, [names.requestId]: id },
      traceparent: typeof headers.traceparent === 'string' ? headers.traceparent : undefined,
    })
    request.span = span
    reply.raw.once('close', () => {
      const { outcome } = request
      span.set({ [names.statusCode]: reply.statusCode, ...(outcome && { [names.outcome]: outcome.code }) })
      if (reply.statusCode >= 500) span.fail(outcome?.code ?? String(reply.statusCode))
      span.end()
    })
  })
  // After the body is read, as reading it starts from the socket's own context.
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.span) request.span.within(done)
    else done()
  })
}
