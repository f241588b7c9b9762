import { z } from 'zod'
import type { WireSchema } from './wire-schema.ts'

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

/** The `response_format` of a request that sends its schema this way; undefined where it has none. */
export function responseFormat(schema: WireSchema, { type, strict }: ReplyFormat) {
  if (type === 'json_object') return { type } as const
  if (type !== 'json_schema') return undefined
  return { type, json_schema: { name: 'assigned_tags', ...(strict === null ? {} : { strict }), schema } } as const
}
