import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BatchSettings } from '../../core/batch/batch-settings.ts'
import { Answer, ClassifyRequest, DetailedAnswer, exampleText } from '../../core/classification.ts'
import type { Classification, Classifier } from '../../core/classifier.ts'
import { chooseEndpoint } from '../../core/endpoint-names.ts'
import type { Tasks } from '../../core/model/task.ts'
import { clipped, headerValue } from '../../core/names.ts'
import { ServiceError } from '../../core/outcome.ts'
import { ownerOf } from '../access.ts'
import { checkAllButStreams, isStreamed, ndjson, passThrough } from '../body/streamed-body.ts'
import { answerSignal } from '../open-requests.ts'
import { MaxTags, Share, Strict } from '../parameters.ts'
import { problems } from '../problem.ts'
import { createStreamAnswers, ErrorLine, type StreamOptions, WarningLine } from './classify-stream.ts'

const ClassifyQuery = z.strictObject({
  id: z.string().max(256).optional().describe('As in the JSON body, for bodies that are the text.'),
  prompt: ClassifyRequest.shape.prompt,
  max_tags: MaxTags,
  min_confidence: Share.describe('As in the JSON body.'),
  review_below: Share.describe('As in the JSON body.'),
  mode: ClassifyRequest.shape.mode,
  endpoint: BatchSettings.shape.endpoint,
  details: z
    .enum(['true', 'false', 'replies'])
    .optional()
    .describe(
      'Whether the answer tells how it came about; with `replies` also what the model wrote, and so does a problem. To NDJSON, `replies` is `true`.',
    ),
  strict: Strict.describe('Of NDJSON: whether a line fails that holds a field which is not known here.'),
})

type ClassifyQuery = z.infer<typeof ClassifyQuery>

/** Without a type, as OpenAPI 3.1 has it for bodies that are not JSON: whatever is sent is the text. */
const rawText = { schema: z.unknown().meta({ description: 'The text to tag, as it is.', examples: [exampleText] }) }

export interface ClassifyOptions extends StreamOptions {
  readonly classifier: Classifier
  readonly tasks: Tasks
  readonly endpoints: Parameters<typeof chooseEndpoint>[0]
}

export async function classifyRoutes(app: FastifyInstance, options: ClassifyOptions): Promise<void> {
  const { classifier, tasks, endpoints } = options
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
            [ndjson]: {
              schema: ClassifyRequest.describe(
                'A line; there may be any number of them. Fields not named here are left out.',
              ),
            },
          },
        },
        response: {
          200: {
            description:
              'The tags; with `details=true` also how they came about. To NDJSON, a line for each line as soon as it is ready, in any order: an answer, or what went wrong.',
            content: {
              'application/json': { schema: z.union([Answer, DetailedAnswer]) },
              [ndjson]: { schema: z.union([Answer, DetailedAnswer, ErrorLine, WarningLine]) },
            },
          },
          ...problems(400, 404, 409, 413, 415, 422, 500, 502, 503, 504),
        },
      },
    },
    async (request, reply) => {
      const { details: wanted, endpoint, strict } = request.query
      const wantDetails = wanted === 'true' || wanted === 'replies'
      const afresh = request.headers['cache-control']?.includes('no-cache') ?? false
      if (isStreamed(request)) {
        const defaults = readDefaults(request.query, tasks)
        if (endpoint !== undefined) chooseEndpoint(endpoints, endpoint)
        return answerStream(request, reply as FastifyReply, { defaults, afresh, wantDetails, endpoint, strict })
      }
      const asked = takeRequest(request, { afresh })
      request.documentId = asked.id
      const result = await classifier.classify(asked, {
        signal: answerSignal(reply),
        account: ownerOf(request).key,
        wantConfidence: wantDetails,
        endpoint,
        ...(wanted === 'replies' && { onReply: collectReplies(request) }),
      })
      const { details, answer } = result
      request.outcome = { code: details.outcome, attempts: details.attempts, cost: details.cost_usd }
      reply.headers({
        'x-tagsmith-model': headerValue(details.model),
        'x-cache': result.cache,
        'server-timing': serverTiming(result, reply.elapsedTime),
      })
      if (!wantDetails) return answer
      return { ...answer, details: request.replies ? { ...details, replies: request.replies } : details }
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

/** A reply of the full token cap is no longer than this. */
const longestReply = 100_000

function collectReplies(request: { replies: string[] | undefined }): (text: string) => void {
  const replies: string[] = []
  request.replies = replies
  return text => void replies.push(clipped(text, longestReply))
}

const fromQuery = ({ details: _, strict: __, endpoint: ___, ...query }: ClassifyQuery) => query

function serverTiming({ modelTime }: Classification, elapsed: number): string {
  return `model;dur=${modelTime.toFixed(1)}, tagsmith;dur=${Math.max(0, elapsed - modelTime).toFixed(1)}`
}
