import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { faultsOf } from '../domain/faults.ts'
import { ServiceError } from '../domain/outcome.ts'
import { problemOf, problemType } from './problem.ts'
import { logRequest } from './request-log.ts'

/** Ends every failed request with a problem document and remembers its outcome for the log line. */
export function handleErrors(app: FastifyInstance, { bodyLimit }: { bodyLimit: number }): void {
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
}

function answer(error: ServiceError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.outcome = { code: error.code, attempts: error.attempts }
  if (error.code === 'internal') request.log.error({ err: error.cause }, 'unexpected error')
  if (error.code === 'storage_unavailable') request.log.error({ err: error.cause }, 'the database is not available')
  // What is still missing of the request would be taken for the next one, or waited for.
  if (error.code === 'request_timeout') reply.header('connection', 'close')
  if (error.retryAfter !== undefined) reply.header('retry-after', error.retryAfter)
  const problem = problemOf(error, request.id)
  // Nobody is left to answer, and the hook that logs answers is not called.
  if (reply.raw.destroyed) logRequest(request, reply.status(problem.status))
  // Sent as text, as the response schemas of a route know its answers alone.
  return reply.status(problem.status).type(problemType).serializer(JSON.stringify).send(problem)
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
        'Send application/json, text/markdown, text/plain or, to /classify, application/x-ndjson.',
      )
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new ServiceError('invalid_request', 'The body is empty.')
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new ServiceError('invalid_request', 'The body is not valid JSON.')
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new ServiceError('invalid_request', 'The request cannot be read.')
  }
  return new ServiceError('internal', 'Something broke in the service; its log says more under this request id.', {
    cause: error,
  })
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
