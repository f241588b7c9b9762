import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Batches } from '../../batches/index.ts'
import { ItemReview, ReviewPage, ReviewRequest } from '../../core/batch/item-review.ts'
import { ownerOf } from '../access.ts'
import { BatchAddress, ItemAddress, ItemPaging } from '../parameters.ts'
import { problems } from '../problem.ts'

const tags = ['batches']

/** Who of several people looks at which item; what they find is said by `POST /feedback`. */
export async function batchReviewRoutes(
  app: FastifyInstance,
  { batches }: { readonly batches: Batches },
): Promise<void> {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  typed.get(
    '/batches/:id/reviews',
    {
      schema: {
        operationId: 'listItemReviews',
        summary: 'The items that somebody looks at, has skipped or has judged',
        tags,
        params: BatchAddress,
        querystring: ItemPaging,
        response: { 200: ReviewPage.describe('A page, in the order of the upload.'), ...problems(400, 404, 500, 503) },
      },
    },
    async request => {
      const { after = -1, limit } = request.query
      return batches.reviews(request.params.id, ownerOf(request), { after, limit })
    },
  )
  typed.put(
    '/batches/:id/items/:index/review',
    {
      schema: {
        operationId: 'reviewBatchItem',
        summary: 'Take an item to look at, leave it for later, or say that it is done',
        tags,
        params: ItemAddress,
        body: ReviewRequest,
        response: {
          200: ItemReview.describe('It is so now.'),
          ...problems(400, 404, 409, 413, 415, 422, 500, 503),
        },
      },
    },
    async request =>
      batches.review(request.params.id, ownerOf(request), { ...request.body, index: request.params.index }),
  )
  typed.delete(
    '/batches/:id/items/:index/review',
    {
      schema: {
        operationId: 'forgetItemReview',
        summary: 'Give an item back as if nobody had looked at it',
        tags,
        params: ItemAddress,
        querystring: ReviewRequest.pick({ by: true }),
        response: { 204: z.null().describe('Anybody may have it.'), ...problems(400, 404, 500, 503) },
      },
    },
    async (request, reply) => {
      const { id, index } = request.params
      await batches.forgetReview(id, ownerOf(request), { index, by: request.query.by })
      return reply.code(204).send(null)
    },
  )
}
