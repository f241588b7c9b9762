import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import type { Prompt } from '../domain/prompt/prompt.ts'
import type { Batches } from '../services/batches.ts'
import type { Classifier } from '../services/classifier.ts'
import type { Doctor } from '../services/doctor.ts'
import type { LineStreams } from '../services/line-streams.ts'
import type { Tracing } from '../services/ports.ts'
import type { Tasks } from '../services/tasks.ts'
import { type AccessOptions, guardRoutes } from './access.ts'
import { limitBodyTime } from './body-time.ts'
import { refuseBrokenRequests } from './broken-request.ts'
import { handleErrors, validatorCompiler } from './error-handler.ts'
import { limitLoad } from './load.ts'
import { describeRoutes } from './openapi.ts'
import { logRequests } from './request-log.ts'
import { batchStreamRoutes } from './routes/batch-streams.ts'
import { batchUploadRoutes } from './routes/batch-uploads.ts'
import { batchRoutes } from './routes/batches.ts'
import { classifyRoutes } from './routes/classify.ts'
import { type MetricsOptions, metricsRoutes } from './routes/metrics.ts'
import { operationRoutes } from './routes/operations.ts'
import { promptRoutes } from './routes/prompts.ts'
import { type UsageOptions, usageRoutes } from './routes/usage.ts'
import { traceRequests } from './traces.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Says by /readyz and `connection: close` that the service is about to stop; it still takes requests. */
    drain(): Promise<void>
  }
}

export interface AppOptions extends AccessOptions, MetricsOptions, UsageOptions {
  readonly classifier: Classifier
  readonly lineStreams: LineStreams
  readonly tasks: Tasks
  /** Without them there are no routes for batches. */
  readonly batches?: Batches
  readonly doctor: Doctor
  readonly prompts: ReadonlyMap<string, Prompt>
  readonly defaultPrompt: string
  readonly logger: FastifyBaseLogger
  /** The largest body, in bytes. */
  readonly bodyLimit: number
  /** Undefined when nobody collects traces. */
  readonly tracing: Tracing | undefined
  /** In milliseconds: the most time for the headers of a request to arrive, then for its body, and for stopping. */
  readonly timeouts: { readonly headers: number; readonly body: number; readonly shutdown: number }
  readonly version: string
}

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
    genReqId: ({ headers }) => readRequestId(headers['x-request-id']) ?? randomUUID(),
    // The text of a document may hold any key; nothing here copies parsed bodies onto objects.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.addContentTypeParser(['text/markdown', 'text/plain'], { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  )

  let stopping = false
  const drain = async () => {
    stopping = true
  }
  app.decorate('drain', drain)
  app.addHook('preClose', drain)
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // A client that keeps its connection would keep the service from stopping.
    if (stopping) reply.header('connection', 'close')
    done()
  })
  limitBodyTime(app, { timeout: timeouts.body })
  logRequests(app)
  if (options.tracing) traceRequests(app, options.tracing)
  guardRoutes(app, options)
  limitLoad(app, options.admission)
  handleErrors(app, { bodyLimit })
  await describeRoutes(app, { version, secured: options.apiKeys.length > 0 })
  await app.register(classifyRoutes, options)
  promptRoutes(app, options)
  metricsRoutes(app, options)
  usageRoutes(app, options)
  if (batches) {
    for (const routes of [batchUploadRoutes, batchRoutes, batchStreamRoutes])
      await app.register(routes, { batches, bodyTimeout: timeouts.body })
  }
  operationRoutes(app, { isStopping: () => stopping, doctor: options.doctor })
  return app
}

function readRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : undefined
}
