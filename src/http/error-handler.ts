import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { DocumentId } from '../core/classification.ts'
import { faultsOf } from '../core/faults.ts'
import { asServiceError, ServiceError } from '../core/outcome.ts'
import { costOf } from '../core/usage.ts'
import { scopeOf } from './access.ts'
import { acceptedEncodings, isPacked } from './body/content-encoding.ts'
import { problemOf, problemType } from './problem.ts'
import { logRequest } from './request-log.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The id of the text, once the body that held it is let go of. */
    documentId: DocumentId | undefined
    /** What the model wrote, for whoever asked to be told; undefined for all others. */
    replies: string[] | undefined
  }
}

/** Ends every failed request with a problem document and remembers its outcome for the log line. */
export function handleErrors(app: FastifyInstance, { bodyLimit }: { bodyLimit: number }): void {
  app.decorateRequest('documentId', undefined)
  app.decorateRequest('replies', undefined)
  app.setErrorHandler<FastifyError>((error, request, reply) =>
    // Some faults are found before it is seen that nothing is there.
    request.is404 ? notFound(request, reply) : answer(serviceErrorOf(error, bodyLimit), request, reply),
  )
  const paths = rememberPaths(app)
  const notFound = (request: FastifyRequest, reply: FastifyReply) => {
    const methods = paths(request.url.split('?')[0]!)
    if (methods.length === 0)
      return answer(new ServiceError('not_found', 'See /docs for what there is.'), request, reply)
    reply.header('allow', methods.join(', '))
    return answer(new ServiceError('method_not_allowed', `This address takes ${methods.join(', ')}.`), request, reply)
  }
  app.setNotFoundHandler(notFound)
  // Answered before its body is read, which nobody would use.
  app.addHook('onRequest', (request, _reply, done) => {
    done(request.is404 ? new ServiceError('not_found', 'See /docs for what there is.') : undefined)
  })
}

function answer(error: ServiceError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code, attempts } = error
  request.outcome = { code, attempts, ...(attempts.length > 0 && { cost: costOf(attempts) }) }
  if (error.code === 'internal') request.log.error({ err: error.cause }, 'unexpected error')
  if (error.code === 'storage_unavailable') request.log.error({ err: error.cause }, 'the database is not available')
  // What is still missing of the request would be taken for the next one, or waited for.
  if (error.code === 'request_timeout') reply.header('connection', 'close')
  // RFC 9110, 12.5.3: it tells a coding that is not taken from a type that is not.
  if (error.code === 'unsupported_media_type' && isPacked(request.headers) && !reply.hasHeader('accept-encoding'))
    reply.header('accept-encoding', acceptedEncodings)
  if (error.retryAfter !== undefined) reply.header('retry-after', error.retryAfter)
  leaveUnread(request, reply)
  const { replies } = request
  const problem = { ...problemOf(error, request.id, documentIdOf(request)), ...(replies && { replies }) }
  // Nobody is left to answer, and the hook that logs answers is not called.
  if (reply.raw.destroyed) logRequest(request, reply.status(problem.status))
  // Sent as text, as the response schemas of a route know its answers alone.
  return reply.status(problem.status).type(problemType).serializer(JSON.stringify).send(problem)
}

/** What the text of a request is called, by its query or its body, however far they were read. */
function documentIdOf({ documentId, routeOptions, query, body }: FastifyRequest): DocumentId | undefined {
  if (documentId !== undefined || scopeOf(routeOptions.url ?? '') !== 'classify') return documentId
  const named = [query, body].find(part => typeof part === 'object' && part !== null && 'id' in part)
  return DocumentId.safeParse((named as { id?: unknown } | undefined)?.id).data
}

function serviceErrorOf(error: FastifyError, bodyLimit: number): ServiceError {
  if (error instanceof ServiceError) return error
  if (error.name === 'StoreError') return new ServiceError('storage_unavailable', error.message, { cause: error })
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ServiceError('too_large', `The body is over BODY_LIMIT, which is ${bodyLimit} bytes.`)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ServiceError(
        'unsupported_media_type',
        'Say with Content-Type what the body is: application/json, to /classify also text/markdown, text/plain or application/x-ndjson, to /batches application/x-ndjson.',
      )
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new ServiceError('invalid_request', 'The body is empty.')
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new ServiceError('invalid_request', 'The body is not valid JSON.')
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new ServiceError('invalid_request', 'The request cannot be read.')
  }
  return asServiceError(error)
}

/** Which methods a path takes, so that a wrong method is told apart from a wrong address. */
function rememberPaths(app: FastifyInstance): (path: string) => string[] {
  const routes: { url: string; pattern: RegExp; methods: string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(`^${url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')}$`)
    routes.push({ url, pattern, methods: [method].flat() })
  })
  return path => {
    // An address that is spelled out is not also what a parameter may stand for.
    const own = routes.filter(({ url }) => url === path)
    const found = own.length > 0 ? own : routes.filter(({ pattern }) => pattern.test(path))
    return [...new Set(found.flatMap(({ methods }) => methods))]
  }
}

/** Checks a part of a request once; what it finds wrong becomes a problem with pointers. */
export function validatorCompiler({ schema, httpPart }: { schema: z.ZodType; httpPart?: string }) {
  return (data: unknown) => {
    const { success, data: value, error } = schema.safeParse(data)
    if (success) return { value }
    const part = httpPart === 'querystring' ? 'query' : (httpPart ?? 'request')
    return { error: new ServiceError('invalid_request', `The ${part} is not valid.`, { faults: faultsOf(error) }) }
  }
}

/** Enough for whoever sends all of a small body before reading the answer. */
const mostDiscarded = 262_144
const lingerMs = 5_000

/**
 * Of a body that nobody reads any more, as its request was refused, only a little is taken: enough that the answer
 * arrives, as a connection that is closed on bytes which were not read may lose it. What is left after a few
 * seconds ends the connection. A body that somebody reads is theirs to let go of.
 */
function leaveUnread({ raw, headers }: FastifyRequest, reply: FastifyReply): void {
  const announced = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (!announced || raw.complete || raw.destroyed || raw.listenerCount('readable') > 0) return
  let left = mostDiscarded
  raw.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) raw.pause()
  })
  reply.raw.once('finish', () => {
    const timer = setTimeout(() => raw.complete || raw.destroy(), lingerMs).unref()
    raw.once('end', () => clearTimeout(timer))
  })
}
