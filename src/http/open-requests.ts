import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ServiceError } from '../core/outcome.ts'
import { refuseSocket } from './broken-request.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Aborted when a service that was told to stop gives running requests no more time. */
    graceIsOver: AbortSignal
  }
  interface FastifyRequest {
    /** Ends what is going on for this request, so that it is answered with the reason; without it, the connection is. */
    cut: ((reason: ServiceError) => void) | undefined
  }
  interface FastifyReply {
    /** When the request began, and what its connection had received before it, in bytes. */
    begun: number
    receivedBefore: number
    /** What its connection had sent when that last changed, in bytes, and when that was. */
    bytesWritten: number
    lastWrite: number
    /** Its place among those that are open. */
    place: number
  }
}

export interface OpenRequestTimes {
  /** The most time, in milliseconds, for a body to arrive, and for a client to read some of its answer. */
  readonly body: number
  /** What runs when the service is told to stop has so long to end, in milliseconds. */
  readonly shutdown: number
}

/** A body that is slower than this after its first seconds is held up on purpose, or for nothing. */
const slowestBytesPerSecond = 256
const slowStartMs = 10_000
const checkMs = 1_000
/** After the grace time, in milliseconds, the connections that are left may take this long to read their answers. */
const lastAnswersMs = 1_000

/**
 * Cuts requests whose clients hold them up, and those that have not ended in time once the service is told to stop.
 * One timer looks at all of them, as one for each would cost more than the rest of a request that is answered at once.
 */
export function watchOpenRequests(app: FastifyInstance, times: OpenRequestTimes): void {
  const open: FastifyReply[] = []
  app.decorateRequest('cut', undefined)
  for (const name of ['begun', 'receivedBefore', 'bytesWritten', 'lastWrite', 'place'] as const)
    app.decorateReply(name, 0)
  app.addHook('onRequest', (request, reply, done) => {
    reply.begun = performance.now()
    reply.receivedBefore = request.raw.socket.bytesRead
    reply.place = open.length
    open.push(reply)
    reply.raw.once('close', () => {
      // An answer may come before the end of a body that nobody reads, which still has its time.
      if (request.raw.complete || request.raw.closed) leave(open, reply)
      else request.raw.once('close', () => leave(open, reply))
    })
    done()
  })
  const look = () => {
    for (const reply of open) {
      if (isBodyLate(reply, times.body)) cut(reply.request, tooSlow('The body'))
      cutSlowReader(reply, times.body)
    }
  }
  const timer = setInterval(look, Math.min(checkMs, times.body)).unref()
  app.addHook('onClose', async () => clearInterval(timer))
  endWhenGraceIsOver(app, open, times.shutdown)
}

/**
 * The last one takes its place. Of a set or a map, what has left it is held on to until the next full collection of
 * garbage, and with it the text of the request.
 */
function leave(open: FastifyReply[], reply: FastifyReply): void {
  const last = open.pop()!
  if (last === reply) return
  open[reply.place] = last
  last.place = reply.place
}

/** Once is enough: a connection may take a while to close. */
function cut(request: FastifyRequest, reason: ServiceError): void {
  if (request.cut) request.cut(reason)
  else if (hasBody(request)) refuseSocket(request.raw.socket, reason, request.log)
  request.cut = leaveAlone
}

export const leaveAlone = (): void => undefined

const hasBody = ({ headers }: FastifyRequest) =>
  headers['transfer-encoding'] !== undefined || !['0', undefined].includes(headers['content-length'])

/**
 * A body has to arrive in time, and not a byte now and then. Node's own limit holds for every request alike, and would
 * cut long streams.
 */
function isBodyLate({ request: { raw, body }, begun, receivedBefore }: FastifyReply, timeout: number): boolean {
  // A body that is handed on before it is there is a stream, and has a time of its own.
  if (body !== undefined || raw.complete || raw.destroyed) return false
  const elapsed = performance.now() - begun
  const least = ((elapsed - slowStartMs) / 1_000) * slowestBytesPerSecond
  return elapsed >= timeout || raw.socket.bytesRead - receivedBefore < least
}

export const tooSlow = (what: string): ServiceError =>
  new ServiceError('request_timeout', `${what} took longer to arrive than BODY_TIMEOUT_MS.`)

/**
 * Cuts a connection whose client does not read its answer for so long: what waits to be sent is held in memory, and
 * what makes it is held up. A stream that has nothing to say just now is left alone.
 */
function cutSlowReader(reply: FastifyReply, timeout: number): void {
  const { socket, writableLength } = reply.raw
  const now = performance.now()
  const sent = socket ? socket.bytesWritten - socket.writableLength : 0
  const isWaiting = writableLength > 0 || (socket?.writableLength ?? 0) > 0
  if (!isWaiting || socket === null || sent !== reply.bytesWritten) {
    reply.bytesWritten = sent
    reply.lastWrite = now
  } else if (now - reply.lastWrite > timeout) socket.destroy()
}

/** What has not ended when the time for it is over is answered and not cut off. */
function endWhenGraceIsOver(app: FastifyInstance, open: readonly FastifyReply[], graceMs: number): void {
  const over = new AbortController()
  const timers: NodeJS.Timeout[] = []
  app.decorate('graceIsOver', over.signal)
  const end = () => {
    const reason = new ServiceError('stopping', 'The service is stopping, and SHUTDOWN_TIMEOUT_MS is over.', {
      retryAfter: 1,
    })
    over.abort(reason)
    for (const { request } of open) cut(request, reason)
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
