import { randomUUID } from 'node:crypto'
import type { OutgoingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyBaseLogger, FastifyInstance, FastifyServerOptions } from 'fastify'
import { outcomes, ServiceError } from '../core/outcome.ts'
import { problemOf, problemType } from './problem.ts'
import { securityHeaders } from './security-headers.ts'

/** What never became a request still gets a problem document, and its connection is closed. */
export const refuseBrokenRequests: NonNullable<FastifyServerOptions['clientErrorHandler']> = function (
  this: FastifyInstance,
  error,
  socket,
) {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  refuseSocket(socket, serviceErrorOf(error.code), this.log)
}

/** Answers on the socket itself, which is then closed. */
export function refuseSocket(socket: Duplex, error: ServiceError, log: FastifyBaseLogger): void {
  const problem = problemOf(error, randomUUID())
  log.info({ request_id: problem.request_id, outcome: problem.code, status: problem.status }, 'broken request')
  if (!socket.writable) return
  if (hasAnswer(socket)) {
    socket.destroy()
    return
  }
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${outcomes[problem.code].title}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${problem.request_id}`,
    'connection: close',
    ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

/** Whether an answer has begun, which another would only garble. Asked as Node's own handler asks it. */
const hasAnswer = (socket: Duplex): boolean =>
  (socket as { _httpMessage?: OutgoingMessage | null })._httpMessage?.headersSent === true

function serviceErrorOf(code: string): ServiceError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ServiceError('request_timeout', 'The headers took longer to arrive than HEADERS_TIMEOUT_MS.')
    case 'HPE_HEADER_OVERFLOW':
      return new ServiceError('headers_too_large', 'The headers, the address among them, are over 16 KiB.')
    default:
      return new ServiceError('invalid_request', 'This is not HTTP.')
  }
}
