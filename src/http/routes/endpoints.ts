import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { nameAmong } from '../../core/endpoint-names.ts'
import type { Endpoint } from '../../core/model/endpoint.ts'

const ListedEndpoint = z
  .object({
    name: z.string().describe('What `?endpoint=` takes.'),
    model: z.string().describe('The model that is asked where the prompt names none.'),
    reads: z
      .enum(['messages', 'questions', 'list'])
      .describe(
        '`messages`: a chat model, which writes; `questions`: a decision model, which judges each tag; `list`: the embedded ranker, which reads no prompt.',
      ),
  })
  .meta({
    id: 'ListedEndpoint',
    examples: [{ name: 'api.openai.com', model: 'gpt-6-luna', reads: 'messages' }],
  })

export interface EndpointRouteOptions {
  readonly endpoints: readonly Endpoint[]
}

export function endpointRoutes(app: FastifyInstance, { endpoints }: EndpointRouteOptions): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/endpoints',
    {
      schema: {
        operationId: 'listEndpoints',
        summary: 'The endpoints there are',
        tags: ['prompts'],
        response: {
          200: z
            .object({ data: z.array(ListedEndpoint) })
            .describe('The one that is asked first comes first; the others stand in for it.'),
        },
      },
    },
    async () => ({
      data: endpoints.map(endpoint => ({
        name: nameAmong(endpoints, endpoint),
        model: endpoint.model,
        reads: endpoint.reads,
      })),
    }),
  )
}
