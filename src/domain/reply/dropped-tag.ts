import { z } from 'zod'
import { TagId } from '../tag.ts'

export const DroppedTag = z
  .strictObject({
    reason: z
      .enum(['unknown', 'ambiguous', 'duplicate', 'surplus', 'low_confidence'])
      .describe('Not on the list, an alias of two tags, there twice, over `max_tags`, or under `min_confidence`.'),
    id: TagId.nullable().describe('The id when it was a number or is on the list; null when the model wrote a text.'),
  })
  .meta({ id: 'DroppedTag', description: 'An entry of the reply that did not reach the answer.' })
export type DroppedTag = z.infer<typeof DroppedTag>
