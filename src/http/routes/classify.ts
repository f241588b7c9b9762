import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Answer, ClassifyRequest, DetailedAnswer } from '../../domain/classification.ts'
import { ServiceError } from '../../domain/outcome.ts'
import type { Classification, Classifier } from '../../services/classifier.ts'
import type { Tasks } from '../../services/tasks.ts'
import { clientSignal } from '../client-signal.ts'
import { ownerOf } from '../owner.ts'
import { problems } from '../problems.ts'
import { MaxTags } from '../query-numbers.ts'
import { checkAllButStreams, isStreamed, ndjson, passThrough } from '../streamed-body.ts'
import { createStreamAnswers, ErrorLine, type StreamOptions } from './classify-stream.ts'

const ClassifyQuery = z.strictObject({
  id: z.string().max(256).optional().describe('As in the JSON body, for bodies that are the text.'),
  prompt: ClassifyRequest.shape.prompt,
  max_tags: MaxTags,
  details: z.enum(['true', 'false']).optional().describe('Whether the answer tells how it came about.'),
})

type ClassifyQuery = z.infer<typeof ClassifyQuery>

/** Without a type, as OpenAPI 3.1 has it for bodies that are not JSON: whatever is sent is the text. */
const rawText = { schema: z.unknown().describe('The text to tag, as it is.') }

export interface ClassifyOptions extends StreamOptions {
  readonly classifier: Classifier
  readonly tasks: Tasks
}

export async function classifyRoutes(app: FastifyInstance, options: ClassifyOptions): Promise<void> {
  const { classifier, tasks } = options
  const answerStream = createStreamAnswers(app, options)
  app.addContentTypeParser(ndjson, passThrough)
  app.setValidatorCompiler(checkAllButStreams)
  app.withTypeProvider<ZodTypeProvider>().post(
    '/classify',
    {
      // What the classifier gives was validated where it was made.
      serializerCompiler: () => JSON.stringify,
      schema: {
        operationId: 'classify',
        summary: 'Assign tags to a text, or to each of a stream of texts',
        tags: ['classify'],
        querystring: ClassifyQuery,
        body: {
          content: {
            'application/json': { schema: ClassifyRequest },
            'text/markdown': rawText,
            'text/plain': rawText,
            [ndjson]: { schema: ClassifyRequest.describe('A line; there may be any number of them.') },
          },
        },
        response: {
          200: {
            description:
              'The tags; with `details=true` also how they came about. To NDJSON, a line for each line as soon as it is ready, in any order: an answer, or what went wrong.',
            content: {
              'application/json': { schema: z.union([Answer, DetailedAnswer]) },
              [ndjson]: { schema: z.union([Answer, DetailedAnswer, ErrorLine]) },
            },
          },
          ...problems(400, 404, 413, 415, 422, 500, 502, 503, 504),
        },
      },
    },
    async (request, reply) => {
      const wantDetails = request.query.details === 'true'
      const afresh = request.headers['cache-control']?.includes('no-cache') ?? false
      if (isStreamed(request)) {
        const defaults = readDefaults(request.query, tasks)
        return answerStream(request, reply as FastifyReply, { defaults, afresh, wantDetails })
      }
      const result = await classifier.classify(takeRequest(request, { afresh }), {
        signal: clientSignal(reply),
        account: ownerOf(request).key,
        wantConfidence: wantDetails,
      })
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

/** What a body does not say, the query may. The body is let go of: the request outlives the wait for the model. */
function takeRequest(
  request: { body: unknown; readonly query: ClassifyQuery },
  { afresh }: { readonly afresh: boolean },
): ClassifyRequest {
  const body = request.body as string | ClassifyRequest
  request.body = undefined
  return {
    ...fromQuery(request.query),
    ...(typeof body === 'string' ? { text: body } : body),
    ...(afresh && { cache: false }),
  }
}

/** What no line could be answered under is refused at once. @throws ServiceError */
function readDefaults({ id, ...query }: ClassifyQuery, tasks: Tasks) {
  if (id !== undefined) {
    const faults = [{ pointer: '/id', message: 'is for one text; a line has its own' }]
    throw new ServiceError('invalid_request', 'The query is not valid.', { faults })
  }
  const defaults = fromQuery(query)
  tasks.read({ ...defaults, text: 'A text to try the query with.' })
  return defaults
}

const fromQuery = ({ details: _, max_tags, ...query }: ClassifyQuery) => ({
  ...query,
  ...(max_tags === undefined ? {} : { max_tags: Number(max_tags) }),
})

function serverTiming({ modelTime }: Classification, elapsed: number): string {
  return `model;dur=${modelTime.toFixed(1)}, tagsmith;dur=${Math.max(0, elapsed - modelTime).toFixed(1)}`
}
