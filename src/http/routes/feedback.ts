import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { exampleText } from '../../core/classification.ts'
import { Feedback, FeedbackRequest, PersonName } from '../../core/feedback.ts'
import { type FeedbackDesk, feedbackFormats, lineOf } from '../../quality/index.ts'
import { ownerOf } from '../access.ts'
import { ndjson } from '../body/streamed-body.ts'
import { problems } from '../problem.ts'

const tags = ['feedback']

const FeedbackQuery = z.strictObject({
  format: z
    .enum(feedbackFormats)
    .default('gold')
    .describe('`gold` for `tagsmith evaluate`, `entries` all that is known, or what Label Studio and promptfoo read.'),
})

/** A line of the export. */
const exampleLine = { id: '12523', text: exampleText, tags: [36, 57] }

/** What people say of answers. A key sees its own; an admin sees everything. */
export function feedbackRoutes(app: FastifyInstance, { feedback }: { readonly feedback: FeedbackDesk }): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  typed.post(
    '/feedback',
    {
      schema: {
        operationId: 'giveFeedback',
        summary: 'Say which tags of a text are right, wrong or missing',
        tags,
        body: FeedbackRequest,
        response: {
          200: Feedback.describe(
            'What is kept. The next request for the text goes by it; sent again it changes nothing.',
          ),
          ...problems(400, 404, 413, 415, 422, 500, 503),
        },
      },
    },
    async request => feedback.give(request.body, ownerOf(request).key),
  )
  typed.get(
    '/feedback',
    {
      serializerCompiler: () => String,
      schema: {
        operationId: 'exportFeedback',
        summary: 'All feedback, as lines that other tools read',
        tags,
        querystring: FeedbackQuery,
        response: {
          200: {
            description:
              'A line for each. Whole texts are there with FEEDBACK_TEXTS=true, else the first sixty words. What is contradicted, or no whole answer, is in `entries` alone.',
            content: { [ndjson]: { schema: z.unknown().meta({ examples: [exampleLine] }) } },
          },
          ...problems(400, 500, 503),
        },
      },
    },
    async (request, reply) => {
      const { format } = request.query
      const reviewed = feedback.list(seenBy(request))[Symbol.asyncIterator]()
      // Read before the head is sent, so that a database that is down is told by the status.
      const first = await reviewed.next()
      reply.type(ndjson)
      return Readable.from(linesOf())

      async function* linesOf() {
        for (let next = first; !next.done; next = await reviewed.next()) {
          const line = lineOf(next.value, format)
          if (line) yield `${JSON.stringify(line)}\n`
        }
      }
    },
  )
  typed.delete(
    '/feedback/:text_hash',
    {
      schema: {
        operationId: 'removeFeedback',
        summary: 'Undo feedback on a text',
        tags,
        params: z.object({ text_hash: z.string() }),
        querystring: z.strictObject({ by: PersonName.optional().describe('Only what this person said; else all.') }),
        response: {
          204: z.null().describe('It is gone, and the next request asks the model.'),
          ...problems(400, 404, 500, 503),
        },
      },
    },
    async (request, reply) => {
      await feedback.remove(request.params.text_hash, { ...seenBy(request), by: request.query.by })
      return reply.code(204).send(null)
    },
  )
}

function seenBy(request: FastifyRequest) {
  return { keys: request.apiKey?.scopes.includes('admin') ? undefined : [ownerOf(request).key] }
}
