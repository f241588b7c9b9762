import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Diagnosis } from '../../domain/diagnosis.ts'
import type { Doctor } from '../../services/doctor.ts'
import { clientSignal } from '../client-signal.ts'
import { problems } from '../problems.ts'

const Health = z
  .object({
    status: z.enum(['ok', 'stopping', 'unhealthy']),
    endpoints: z.array(Diagnosis).optional().describe('With `deep=true`: what each endpoint was seen to do.'),
  })
  .meta({ id: 'Health' })

export interface OperationOptions {
  readonly isStopping: () => boolean
  readonly doctor: Doctor
}

/** Probes. `/livez` depends on nothing; neither asks a model, unless told to. */
export function operationRoutes(app: FastifyInstance, { isStopping, doctor }: OperationOptions): void {
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
              'Asks every endpoint a few short questions, which cost tokens; takes a key with the scope `admin`.',
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
      if (request.query.deep !== 'true') return { status: 'ok' as const }
      const endpoints = await doctor.examine({ signal: clientSignal(reply) })
      if (endpoints.some(({ healthy }) => healthy)) return { status: 'ok' as const, endpoints }
      return reply.status(503).send({ status: 'unhealthy' as const, endpoints })
    },
  )
}
