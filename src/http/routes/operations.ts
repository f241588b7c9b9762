import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Diagnosis, type Doctor } from '../../doctor/index.ts'
import { answerSignal } from '../open-requests.ts'
import { problems } from '../problem.ts'

const Health = z
  .object({
    status: z.enum(['ok', 'degraded', 'stopping', 'unhealthy']),
    storage: z
      .literal('unavailable')
      .optional()
      .describe('With `degraded`: the database does not answer, so batches wait; texts are classified all the same.'),
    endpoints: z.array(Diagnosis).optional().describe('With `deep=true`: what each endpoint was seen to do.'),
  })
  .meta({ id: 'Health', examples: [{ status: 'ok' }] })

export interface OperationOptions {
  readonly isStopping: () => boolean
  readonly doctor: Doctor
  /** Whether the database answers; undefined where there is none. */
  readonly storageAnswers?: (() => Promise<boolean>) | undefined
}

/** Probes. `/livez` depends on nothing; neither asks a model, unless told to. */
export function operationRoutes(app: FastifyInstance, { isStopping, doctor, storageAnswers }: OperationOptions): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const schema = { tags: ['operations'], response: { 200: Health.describe('It does.'), ...problems(431) } }
  typed.get(
    '/livez',
    { schema: { ...schema, operationId: 'livez', summary: 'Whether the process runs' } },
    async () => {
      return { status: 'ok' as const }
    },
  )
  typed.get(
    '/readyz',
    {
      schema: {
        ...schema,
        operationId: 'readyz',
        summary: 'Whether requests are taken',
        querystring: z.strictObject({
          deep: z
            .enum(['true', 'false'])
            .optional()
            .describe(
              'Asks every endpoint six questions, one of them about a text as long as TEXT_BUDGET allows, which cost tokens; takes a key with the scope `admin`.',
            ),
        }),
        response: {
          ...schema.response,
          ...problems(400, 401, 403, 500),
          503: Health.describe('The service is stopping, or no endpoint answers.'),
        },
      },
    },
    async (request, reply) => {
      if (isStopping()) return reply.status(503).send({ status: 'stopping' as const })
      if (request.query.deep !== 'true') {
        // Every replica loses the database at once: one that says 503 then would take the service away as a whole.
        if (await (storageAnswers?.() ?? true)) return { status: 'ok' as const }
        return { status: 'degraded' as const, storage: 'unavailable' as const }
      }
      const endpoints = await doctor.examine({ signal: answerSignal(reply) })
      if (endpoints.some(({ healthy }) => healthy)) return { status: 'ok' as const, endpoints }
      return reply.status(503).send({ status: 'unhealthy' as const, endpoints })
    },
  )
}
