import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { outcomes, ServiceError } from '../domain/outcome.ts'
import { problemOf, problemType } from './problem.ts'

/** What never became a request still gets a problem document, and its connection is closed. */
export const refuseBrokenRequests: NonNullable<FastifyServerOptions['clientErrorHandler']> = function (
  this: FastifyInstance,
  error,
  socket,
) {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const problem = problemOf(serviceErrorOf(error.code), randomUUID())
  this.log.info({ request_id: problem.request_id, outcome: problem.code, status: problem.status }, 'broken request')
  if (!socket.writable) return
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${outcomes[problem.code].title}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${problem.request_id}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

function serviceErrorOf(code: string): ServiceError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ServiceError(
        'request_timeout',
        'The request took longer to arrive than HEADERS_TIMEOUT_MS or BODY_TIMEOUT_MS.',
      )
    case 'HPE_HEADER_OVERFLOW':
      return new ServiceError('headers_too_large', 'The headers, the address among them, are over 16 KiB.')
    default:
      return new ServiceError('invalid_request', 'This is not HTTP.')
  }
}
