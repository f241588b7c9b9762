import { z } from 'zod'
import { ClassifyRequest, exampleOf } from '../classification.ts'
import { deliveries } from './batch.ts'

const { prompt, tags, max_tags, min_confidence, review_below, mode } = ClassifyRequest.shape

/** What holds for all items of a batch, where an item does not say otherwise. */
export const BatchSettings = z
  .strictObject({
    prompt,
    tags,
    max_tags,
    min_confidence,
    review_below,
    mode,
    delivery: z
      .enum(deliveries)
      .optional()
      .describe(
        '`live` asks the model item by item. `provider` hands the items to the Batch API of the provider: cheaper, and done within a day.',
      ),
    endpoint: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe(
        'The endpoint to ask, and no other: its name as in `details.endpoint`, or that, a slash and its model.',
      ),
    metadata: z
      .record(z.string().max(64), z.string().max(512))
      .refine(metadata => Object.keys(metadata).length <= 16, 'holds more than 16 keys')
      .optional()
      .describe('Your own notes; they come back as they came.'),
    max_cost_usd: z.number().positive().optional().describe('The batch pauses once it has cost this much.'),
    max_tokens: z.int().positive().optional().describe('The batch pauses once it has used so many tokens.'),
  })
  .meta({ id: 'BatchSettings' })
export type BatchSettings = z.infer<typeof BatchSettings>

/** The first entry of an upload may hold the settings of the batch instead of an item. */
export const BatchHeader = z.strictObject({ batch: BatchSettings })

/** An entry of an upload: a request of `/classify`. `custom_id` is another name of `id`. */
export const BatchEntry = ClassifyRequest.extend({ custom_id: ClassifyRequest.shape.id }).meta({
  id: 'BatchEntry',
  examples: [exampleOf(ClassifyRequest)],
})
export type BatchEntry = z.infer<typeof BatchEntry>
