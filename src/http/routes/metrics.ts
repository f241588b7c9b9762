import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Admission } from '../../accounting/index.ts'
import type { Batches } from '../../batches/index.ts'
import type { Endpoint } from '../../core/model/endpoint.ts'
import type { ShutdownDates } from '../../core/model/shutdown.ts'
import type { Metrics } from '../../observability/index.ts'
import { problems } from '../problem.ts'
import { modelTimeOf } from '../request-log.ts'

export interface MetricsOptions {
  readonly metrics: Metrics
  readonly admission: Admission
  readonly endpoints: readonly Endpoint[]
  readonly shutdownDates: Pick<ShutdownDates, 'known'>
  /** Without them there is nothing to tell of batches. */
  readonly batches?: Pick<Batches, 'state'>
}

export function metricsRoutes(
  app: FastifyInstance,
  { metrics, admission, endpoints, shutdownDates, batches }: MetricsOptions,
): void {
  app.addHook('onResponse', (request, reply, done) => {
    metrics.request(measure(request, reply))
    done()
  })
  app.withTypeProvider<ZodTypeProvider>().get(
    '/metrics',
    {
      schema: {
        operationId: 'metrics',
        summary: 'Metrics for Prometheus',
        tags: ['operations'],
        response: {
          200: {
            description: 'Metrics in the text format of Prometheus.',
            content: {
              'text/plain': { schema: z.string().meta({ examples: ['classify_requests_total{outcome="ok"} 1\n'] }) },
            },
          },
          ...problems(500),
        },
      },
    },
    async (_request, reply) => {
      // A store that fails takes its own figures away, and no others.
      const batchState = await batches?.state().catch(() => undefined)
      const leftAlone = endpoints.flatMap(({ name, ...endpoint }) =>
        endpoint.leftAlone().map(told => ({ endpoint: name, ...told })),
      )
      const state = { load: admission.state(), leftAlone, shutdowns: shutdownDates.known(), batches: batchState }
      const { type, text } = await metrics.expose(state)
      return reply.type(type).serializer(String).send(text)
    },
  )
}

/** An address that is not there has no name here: clients make them up. */
function measure({ method, routeOptions, outcome }: FastifyRequest, { statusCode, elapsedTime }: FastifyReply) {
  const hasAsked = outcome && outcome.attempts.length > 0
  return {
    method: routeOptions.url === undefined ? 'other' : method,
    route: routeOptions.url ?? 'none',
    status: statusCode,
    elapsed: elapsedTime,
    problem: statusCode >= 400 ? outcome?.code : undefined,
    modelTime: hasAsked ? modelTimeOf(outcome.attempts) : undefined,
  }
}
