import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Batches } from '../../batches/index.ts'
import { BatchItem, ItemPage } from '../../core/batch/batch-results.ts'
import type { Prompt } from '../../core/model/prompt.ts'
import { ownerOf } from '../access.ts'
import { BatchAddress, ItemAddress, ItemPaging, SomeOutcomes, Succeeded } from '../parameters.ts'
import { problems } from '../problem.ts'
import { listInUse, TagListInUse } from './prompts.ts'

const tags = ['batches']
const ItemQuery = ItemPaging.extend({ status: Succeeded, outcome: SomeOutcomes })

export interface BatchItemOptions {
  readonly batches: Batches
  readonly prompts: ReadonlyMap<string, Prompt>
  readonly defaultPrompt: string
}

/** A batch in pages of items, for people who look at it. */
export async function batchItemRoutes(
  app: FastifyInstance,
  { batches, prompts, defaultPrompt }: BatchItemOptions,
): Promise<void> {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  typed.get(
    '/batches/:id/items',
    {
      schema: {
        operationId: 'listBatchItems',
        summary: 'A page of the items that have ended',
        description: 'In the order of the upload, each with how its answer came about, or with its error.',
        tags,
        params: BatchAddress,
        querystring: ItemQuery,
        response: { 200: ItemPage.describe('A page of items.'), ...problems(400, 404, 500, 503) },
      },
    },
    async request => {
      const { after = -1, limit, status: succeeded, outcome: outcomes } = request.query
      return batches.ended(request.params.id, ownerOf(request), { after, limit, succeeded, outcomes })
    },
  )
  typed.get(
    '/batches/:id/items/:index',
    {
      schema: {
        operationId: 'readBatchItem',
        summary: 'An item with its text',
        tags,
        params: ItemAddress,
        response: { 200: BatchItem.describe('The item.'), ...problems(400, 404, 500, 503) },
      },
    },
    async request => batches.item(request.params.id, ownerOf(request), request.params.index),
  )
  typed.get(
    '/batches/:id/tags',
    {
      schema: {
        operationId: 'readBatchTags',
        summary: 'The tag list of a batch',
        tags,
        params: BatchAddress,
        response: {
          200: TagListInUse.describe('The list that holds where an item has none.'),
          ...problems(404, 500, 503),
        },
      },
    },
    async request => {
      const settings = await batches.settings(request.params.id, ownerOf(request))
      return listInUse(settings.tags, prompts.get(settings.prompt ?? defaultPrompt))
    },
  )
}
