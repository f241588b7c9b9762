import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Answer, ClassifyRequest, DetailedAnswer } from '../../domain/classification.ts'
import type { Classification, Classifier } from '../../services/classifier.ts'
import { clientSignal } from '../client-signal.ts'
import { ownerOf } from '../owner.ts'
import { problems } from '../problems.ts'

const ClassifyQuery = z.strictObject({
  id: z.string().max(256).optional().describe('As in the JSON body, for bodies that are the text.'),
  prompt: ClassifyRequest.shape.prompt,
  max_tags: z
    .string()
    .regex(/^([1-9]|[1-4]\d|50)$/, 'is not a number from 1 to 50')
    .optional()
    .describe('The most tags the answer holds, 1 to 50.'),
  details: z.enum(['true', 'false']).optional().describe('Whether the answer tells how it came about.'),
})

type ClassifyQuery = z.infer<typeof ClassifyQuery>

/** Without a type, as OpenAPI 3.1 has it for bodies that are not JSON: whatever is sent is the text. */
const rawText = { schema: z.unknown().describe('The text to tag, as it is.') }

export function classifyRoutes(app: FastifyInstance, { classifier }: { classifier: Classifier }): void {
  app.withTypeProvider<ZodTypeProvider>().post(
    '/classify',
    {
      // What the classifier gives was validated where it was made.
      serializerCompiler: () => JSON.stringify,
      schema: {
        operationId: 'classify',
        summary: 'Assign tags to a text',
        tags: ['classify'],
        querystring: ClassifyQuery,
        body: {
          content: {
            'application/json': { schema: ClassifyRequest },
            'text/markdown': rawText,
            'text/plain': rawText,
          },
        },
        response: {
          200: z.union([Answer, DetailedAnswer]).describe('The tags; with `details=true` also how they came about.'),
          ...problems(400, 404, 413, 415, 422, 500, 502, 503, 504),
        },
      },
    },
    async (request, reply) => {
      const wantDetails = request.query.details === 'true'
      const asked = readRequest(request.body as string | ClassifyRequest, request.query)
      const fresh = request.headers['cache-control']?.includes('no-cache') ? { cache: false } : {}
      const result = await classifier.classify(
        { ...asked, ...fresh },
        {
          signal: clientSignal(reply),
          account: ownerOf(request).key,
          wantConfidence: wantDetails,
        },
      )
      const { details, answer } = result
      request.outcome = { code: details.outcome, attempts: details.attempts, cost: details.cost_usd }
      reply.headers({
        'x-tagsmith-model': details.model,
        'x-cache': result.cache,
        'server-timing': serverTiming(result, reply.elapsedTime),
      })
      return wantDetails ? { ...answer, details } : answer
    },
  )
}

/** What a body does not say, the query may. */
function readRequest(
  body: string | ClassifyRequest,
  { details: _, max_tags, ...query }: ClassifyQuery,
): ClassifyRequest {
  const fromQuery = { ...query, ...(max_tags === undefined ? {} : { max_tags: Number(max_tags) }) }
  return { ...fromQuery, ...(typeof body === 'string' ? { text: body } : body) }
}

function serverTiming({ modelTime }: Classification, elapsed: number): string {
  return `model;dur=${modelTime.toFixed(1)}, tagsmith;dur=${Math.max(0, elapsed - modelTime).toFixed(1)}`
}
