import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

const Health = z.object({ status: z.enum(['ok', 'stopping']) }).meta({ id: 'Health' })

/** Probes. Neither asks a model, and `/livez` depends on nothing. */
export function operationRoutes(app: FastifyInstance, { isStopping }: { isStopping: () => boolean }): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const schema = { tags: ['operations'], response: { 200: Health.describe('It does.') } }
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
        response: { ...schema.response, 503: Health.describe('The service is stopping.') },
      },
    },
    async (_request, reply) => {
      if (!isStopping()) return { status: 'ok' as const }
      return reply.status(503).send({ status: 'stopping' as const })
    },
  )
}
