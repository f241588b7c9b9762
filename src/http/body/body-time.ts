import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ServiceError } from '../../core/outcome.ts'
import { refuseSocket } from '../broken-request.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Cuts the connection when the body takes too long; a body that is read as it comes has a time of its own. */
    bodyTimer: NodeJS.Timeout | undefined
  }
}

/** A body that is slower than this after its first seconds is held up on purpose, or for nothing. */
const slowestBytesPerSecond = 256
const graceMs = 10_000
const checkMs = 1_000

/**
 * A body has to arrive in time, and not a byte now and then. Node's own limit holds for every request alike, and would
 * cut long streams.
 */
export function limitBodyTime(app: FastifyInstance, { timeout }: { timeout: number }): void {
  app.decorateRequest('bodyTimer', undefined)
  app.addHook('onRequest', (request, _reply, done) => {
    const { raw } = request
    if (hasBody(request)) {
      const refuse = (reason: ServiceError) => refuseSocket(raw.socket, reason, request.log)
      request.cut = refuse
      const start = performance.now()
      const read = raw.socket.bytesRead
      const check = () => {
        const elapsed = performance.now() - start
        const least = ((elapsed - graceMs) / 1_000) * slowestBytesPerSecond
        if (elapsed < timeout && raw.socket.bytesRead - read >= least) return
        clearInterval(request.bodyTimer)
        refuse(tooSlow('The body'))
      }
      request.bodyTimer = setInterval(check, Math.min(checkMs, timeout)).unref()
      raw.once('close', () => clearInterval(request.bodyTimer))
    }
    done()
  })
}

const hasBody = ({ headers }: FastifyRequest) =>
  headers['transfer-encoding'] !== undefined || !['0', undefined].includes(headers['content-length'])

export const tooSlow = (what: string): ServiceError =>
  new ServiceError('request_timeout', `${what} took longer to arrive than BODY_TIMEOUT_MS.`)

/**
 * Cuts a connection whose client does not read its answer for so long, in milliseconds: what waits to be sent is held
 * in memory, and what makes it is held up. A stream that has nothing to say just now is left alone.
 */
export function cutSlowReaders(app: FastifyInstance, { timeout }: { timeout: number }): void {
  const open = new Map<FastifyReply['raw'], { sent: number; since: number }>()
  const timer = setInterval(() => {
    const now = performance.now()
    for (const [response, state] of open) {
      const { socket } = response
      const isWaiting = response.writableLength > 0 || (socket?.writableLength ?? 0) > 0
      if (!isWaiting || socket === null || socket.bytesWritten - socket.writableLength !== state.sent) {
        open.set(response, { sent: socket ? socket.bytesWritten - socket.writableLength : 0, since: now })
      } else if (now - state.since > timeout) socket.destroy()
    }
  }, checkMs).unref()
  app.addHook('onClose', async () => clearInterval(timer))
  app.addHook('onRequest', (_request, { raw }, done) => {
    open.set(raw, { sent: 0, since: performance.now() })
    raw.once('close', () => open.delete(raw))
    done()
  })
}
