import { z } from 'zod'

/** An id as its owner wrote it. No two ids of a list are spelled alike: a reply could not tell `7` from `"7"`. */
export const TagId = z.union(
  [z.int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER), z.string().min(1).max(128)],
  { error: 'is neither a safe integer nor a string of 1 to 128 characters' },
)
export type TagId = z.infer<typeof TagId>

export const Tag = z
  .strictObject({
    id: TagId.describe('The id the answer holds.'),
    name: z.string().min(1).max(128).describe('What the model is shown; white space around it does not count.'),
    description: z.string().max(500).optional().describe('One line that says when the tag fits.'),
    aliases: z.array(z.string().min(1).max(128)).max(50).optional().describe('Other names of the same thing.'),
  })
  .meta({ id: 'Tag', description: 'One entry of a tag list.' })
export type Tag = z.infer<typeof Tag>
