import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ServiceError } from '../domain/outcome.ts'
import { refuseSocket } from './broken-request.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Cuts the connection when the body takes too long; a body that is read as it comes has a time of its own. */
    bodyTimer: NodeJS.Timeout | undefined
  }
}

/** A body has to arrive in time. Node's own limit holds for every request alike, and would cut long streams. */
export function limitBodyTime(app: FastifyInstance, { timeout }: { timeout: number }): void {
  app.decorateRequest('bodyTimer', undefined)
  app.addHook('onRequest', (request, _reply, done) => {
    const { raw } = request
    if (hasBody(request)) {
      const late = () => refuseSocket(raw.socket, tooSlow('The body'), request.log)
      request.bodyTimer = setTimeout(late, timeout).unref()
      raw.once('close', () => clearTimeout(request.bodyTimer))
    }
    done()
  })
}

const hasBody = ({ headers }: FastifyRequest) =>
  headers['transfer-encoding'] !== undefined || !['0', undefined].includes(headers['content-length'])

export const tooSlow = (what: string): ServiceError =>
  new ServiceError('request_timeout', `${what} took longer to arrive than BODY_TIMEOUT_MS.`)
