import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import type { Prompt } from '../domain/prompt/prompt.ts'
import type { Batches } from '../services/batches.ts'
import type { Classifier } from '../services/classifier.ts'
import type { Doctor } from '../services/doctor.ts'
import type { Tasks } from '../services/tasks.ts'
import { handleErrors, validatorCompiler } from './error-handler.ts'
import { describeRoutes } from './openapi.ts'
import { logRequests } from './request-log.ts'
import { batchStreamRoutes } from './routes/batch-streams.ts'
import { batchUploadRoutes } from './routes/batch-uploads.ts'
import { batchRoutes } from './routes/batches.ts'
import { classifyRoutes } from './routes/classify.ts'
import { operationRoutes } from './routes/operations.ts'
import { promptRoutes } from './routes/prompts.ts'

export interface AppOptions {
  readonly classifier: Classifier
  readonly tasks: Tasks
  /** Without them there are no routes for batches. */
  readonly batches?: Batches
  readonly doctor: Doctor
  readonly prompts: ReadonlyMap<string, Prompt>
  readonly defaultPrompt: string
  readonly logger: FastifyBaseLogger
  /** The largest body, in bytes. */
  readonly bodyLimit: number
  readonly version: string
}

/** The door for programs: every route, and what is the same for all of them. It does not listen. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { logger, bodyLimit, version, batches } = options
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    bodyLimit,
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
  app.addHook('preClose', async () => {
    stopping = true
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // A client that keeps its connection would keep the service from stopping.
    if (stopping) reply.header('connection', 'close')
    done()
  })
  logRequests(app)
  handleErrors(app, { bodyLimit })
  await describeRoutes(app, { version })
  classifyRoutes(app, options)
  promptRoutes(app, options)
  if (batches) {
    for (const routes of [batchUploadRoutes, batchRoutes, batchStreamRoutes]) await app.register(routes, { batches })
  }
  operationRoutes(app, { isStopping: () => stopping, doctor: options.doctor })
  return app
}

function readRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : undefined
}
