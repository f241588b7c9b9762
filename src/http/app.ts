import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import type { Batches } from '../batches/index.ts'
import type { Classifier, LineStreams } from '../core/classifier.ts'
import type { Prompt } from '../core/model/prompt.ts'
import type { Tasks } from '../core/model/task.ts'
import type { Doctor } from '../doctor/index.ts'
import type { Tracing } from '../observability/index.ts'
import type { FeedbackDesk } from '../quality/index.ts'
import { type AccessOptions, guardRoutes } from './access.ts'
import { readTextBodies } from './body/body-text.ts'
import { unpackBodies } from './body/content-encoding.ts'
import { refuseBrokenRequests } from './broken-request.ts'
import { handleErrors, validatorCompiler } from './error-handler.ts'
import { type ForeignRequestOptions, refuseForeignRequests } from './foreign-requests.ts'
import { limitLoad } from './load.ts'
import { watchOpenRequests } from './open-requests.ts'
import { describeRoutes } from './openapi.ts'
import { logRequests } from './request-log.ts'
import { batchItemRoutes } from './routes/batch-items.ts'
import { batchReviewRoutes } from './routes/batch-reviews.ts'
import { batchStreamRoutes } from './routes/batch-streams.ts'
import { batchUploadRoutes } from './routes/batch-uploads.ts'
import { batchRoutes } from './routes/batches.ts'
import { classifyRoutes } from './routes/classify.ts'
import { type EndpointRouteOptions, endpointRoutes } from './routes/endpoints.ts'
import { feedbackRoutes } from './routes/feedback.ts'
import { type MetricsOptions, metricsRoutes } from './routes/metrics.ts'
import { type OperationOptions, operationRoutes } from './routes/operations.ts'
import { pageRoutes } from './routes/page.ts'
import { promptRoutes } from './routes/prompts.ts'
import { type UsageOptions, usageRoutes } from './routes/usage.ts'
import { securityHeaders } from './security-headers.ts'
import { traceRequests } from './traces.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Says by /readyz and `connection: close` that the service is about to stop; it still takes requests. */
    drain(): Promise<void>
  }
}

export interface AppOptions
  extends AccessOptions,
    ForeignRequestOptions,
    MetricsOptions,
    UsageOptions,
    EndpointRouteOptions,
    Pick<OperationOptions, 'storageAnswers'> {
  readonly classifier: Classifier
  readonly lineStreams: LineStreams
  readonly tasks: Tasks
  /** Without them there are no routes for batches. */
  readonly batches?: Batches
  /** Without it there are no routes for feedback. */
  readonly feedback?: FeedbackDesk | undefined
  readonly doctor: Doctor
  readonly prompts: ReadonlyMap<string, Prompt>
  readonly defaultPrompt: string
  /** A hash of who is asked. */
  readonly engine: string
  readonly logger: FastifyBaseLogger
  /** The largest body, in bytes. */
  readonly bodyLimit: number
  /** The most bodies that are read as they come, at once. */
  readonly mostStreams: number
  /** Whether the page for people is served. */
  readonly page: boolean
  /** Undefined when nobody collects traces. */
  readonly tracing: Tracing | undefined
  /** In milliseconds: the most time for the headers of a request to arrive, then for its body, and for stopping. */
  readonly timeouts: { readonly headers: number; readonly body: number; readonly shutdown: number }
  readonly version: string
}

const mostListeners = 20

/** The door for programs: every route, and what is the same for all of them. It does not listen. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { logger, bodyLimit, timeouts, version, batches } = options
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    bodyLimit,
    http: { headersTimeout: timeouts.headers, connectionsCheckingInterval: 1_000 },
    clientErrorHandler: refuseBrokenRequests,
    // What arrives while the service stops is still answered; `connection: close` sends the next request elsewhere.
    return503OnClosing: false,
    // What is too long is found by the schema of the route, which answers as everywhere.
    routerOptions: { maxParamLength: 16_384 },
    rewriteUrl: ({ url = '/' }) => readableUrl(url),
    genReqId: ({ headers }) => readRequestId(headers['x-request-id']) ?? randomUUID(),
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  readTextBodies(app)

  let stopping = false
  const drain = async () => {
    stopping = true
  }
  app.decorate('drain', drain)
  app.addHook('preClose', drain)
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).headers(securityHeaders)
    // All that watches over a request listens for its end, and with a stream as its answer these are more than ten.
    reply.raw.setMaxListeners(mostListeners)
    done()
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // A client that keeps its connection would keep the service from stopping.
    if (stopping) reply.header('connection', 'close')
    done()
  })
  watchOpenRequests(app, timeouts)
  logRequests(app)
  if (options.tracing) traceRequests(app, options.tracing)
  if (options.apiKeys.length === 0) refuseForeignRequests(app, options)
  guardRoutes(app, options)
  limitLoad(app, { admission: options.admission, mostStreams: options.mostStreams, bodyLimit })
  unpackBodies(app)
  handleErrors(app, { bodyLimit })
  await describeRoutes(app, { version, secured: options.apiKeys.length > 0 })
  await app.register(classifyRoutes, options)
  promptRoutes(app, options)
  endpointRoutes(app, options)
  if (options.feedback) feedbackRoutes(app, { feedback: options.feedback })
  metricsRoutes(app, options)
  usageRoutes(app, options)
  if (batches) {
    for (const routes of [batchUploadRoutes, batchRoutes, batchStreamRoutes, batchReviewRoutes])
      await app.register(routes, { batches, bodyTimeout: timeouts.body })
    await app.register(batchItemRoutes, { ...options, batches })
  }
  if (options.page) pageRoutes(app)
  operationRoutes(app, { ...options, isStopping: () => stopping })
  return app
}

/** What is no escape of a character stands for itself, so that the route answers, and not the router before any hook. */
function readableUrl(url: string): string {
  if (!url.includes('%')) return url
  const [path = '', ...query] = url.split('?')
  try {
    decodeURIComponent(path)
    return url
  } catch {
    return [path.replaceAll('%', '%25'), ...query].join('?')
  }
}

function readRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : undefined
}
