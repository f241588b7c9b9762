import { z } from 'zod'

/** How the model names a tag: by its name, by its id, or by its place among those it is shown. */
export const ReplyWith = z.enum(['names', 'ids', 'positions'])
export type ReplyWith = z.infer<typeof ReplyWith>

/** How the schema of the reply is sent to an endpoint; the prompt is the same whichever it is. */
export const ReplyFormat = z
  .strictObject({
    type: z
      .enum(['json_schema', 'tool', 'json_object', 'prompt', 'decisions', 'systemone', 'local'])
      .describe(
        '`response_format: json_schema`, a forced tool, `response_format: json_object`, the prompt alone; `decisions` and `systemone` when a decision model was asked about each tag; `local` when no endpoint was asked.',
      ),
    strict: z.boolean().describe('Whether `strict` was sent.'),
    enum: z.boolean().describe('Whether the schema that was sent holds the closed list.'),
    omitted: z
      .array(z.string())
      .describe('Schema keywords that the endpoint does not take; `choice` for a list longer than a choice may be.'),
    questions_per_call: z
      .int()
      .min(1)
      .optional()
      .describe('The most questions that a decision model takes at once, where it said so: longer lists are split.'),
  })
  .meta({ id: 'ReplyFormat' })
export type ReplyFormat = z.infer<typeof ReplyFormat>

export const strictestFormat: ReplyFormat = { type: 'json_schema', strict: true, enum: true, omitted: [] }
