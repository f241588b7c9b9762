import type { FastifyReply } from 'fastify'
import { ServiceError } from '../domain/outcome.ts'

/**
 * Aborted when the client goes away before it has its answer. The framework's own `request.signal` follows the request
 * stream, which closes as soon as the body is read.
 */
export function clientSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort(new ServiceError('client_closed', 'The client went away.'))
  })
  return controller.signal
}
