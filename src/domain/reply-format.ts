import { z } from 'zod'

/** How the schema of the reply is sent to an endpoint; the prompt is the same whichever it is. */
export const ReplyFormat = z
  .strictObject({
    type: z
      .enum(['json_schema', 'tool', 'json_object', 'prompt', 'local'])
      .describe(
        '`response_format: json_schema`, a forced tool, `json_object`, nothing at all, or no endpoint was asked.',
      ),
    strict: z.boolean().nullable().describe('The `strict` that was sent; null when none was.'),
    enum: z.boolean().describe('Whether the schema holds the closed list.'),
    omitted: z.array(z.string()).describe('Schema keywords that the endpoint does not take.'),
    enforced: z.boolean().describe('False once replies showed that the endpoint does not hold itself to the schema.'),
  })
  .meta({ id: 'ReplyFormat' })
export type ReplyFormat = z.infer<typeof ReplyFormat>

export const strictestFormat: ReplyFormat = {
  type: 'json_schema',
  strict: true,
  enum: true,
  omitted: [],
  enforced: true,
}
