import type { FastifyInstance, FastifyReply } from 'fastify'
import { ServiceError } from '../core/outcome.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Aborted when a service that was told to stop gives running requests no more time. */
    graceIsOver: AbortSignal
  }
  interface FastifyRequest {
    /** Ends what is still going on for this request, so that it is answered with the reason. */
    cut: ((reason: ServiceError) => void) | undefined
  }
}

/** After the grace time, in milliseconds, the connections that are left may take this long to read their answers. */
const lastAnswersMs = 1_000

/** What runs when the service is told to stop has a time to end in; what has not ended then is answered and not cut off. */
export function limitGrace(app: FastifyInstance, { graceMs }: { graceMs: number }): void {
  const over = new AbortController()
  const running = new Map<object, { cut?: ((reason: ServiceError) => void) | undefined }>()
  const timers: NodeJS.Timeout[] = []
  app.decorate('graceIsOver', over.signal)
  app.decorateRequest('cut', undefined)
  app.addHook('onRequest', (request, reply, done) => {
    running.set(reply.raw, request)
    reply.raw.once('close', () => running.delete(reply.raw))
    done()
  })
  const end = () => {
    const reason = new ServiceError('stopping', 'The service is stopping, and SHUTDOWN_TIMEOUT_MS is over.', {
      retryAfter: 1,
    })
    over.abort(reason)
    for (const request of running.values()) request.cut?.(reason)
    timers.push(setTimeout(() => app.server.closeAllConnections(), lastAnswersMs).unref())
  }
  app.addHook('preClose', async () => {
    timers.push(setTimeout(end, graceMs).unref())
  })
  app.server.once('close', () => timers.forEach(clearTimeout))
}

/**
 * Aborted when the client goes away before it has its answer. The framework's own `request.signal` follows the request
 * stream, which closes as soon as the body is read.
 */
export function clientSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  abortWithClient(raw, controller)
  return controller.signal
}

/** Aborted when nobody waits for the answer any more, or the service gives it no more time. */
export function answerSignal({ raw, request, server }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  abortWithClient(raw, controller)
  request.cut = reason => controller.abort(reason)
  if (server.graceIsOver.aborted) controller.abort(server.graceIsOver.reason)
  return controller.signal
}

function abortWithClient(raw: FastifyReply['raw'], controller: AbortController): void {
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort(new ServiceError('client_closed', 'The client went away.'))
  })
}
