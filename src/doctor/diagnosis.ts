import { z } from 'zod'
import { errorCodes } from './outcome.ts'
import { ReplyFormat } from './wire-form.ts'

/** What an endpoint was seen to do with the real prompt and the real schema. */
export const Diagnosis = z
  .strictObject({
    endpoint: z.string(),
    model: z.string(),
    healthy: z.boolean(),
    problem: z
      .strictObject({ code: z.enum(errorCodes as [string, ...string[]]), message: z.string() })
      .nullable()
      .describe('What is wrong, and the setting that mends it.'),
    format: ReplyFormat.nullable().describe('How the schema is sent to it; null when it did not answer.'),
    rejected: z.array(z.string()).describe('What it turned down on the way, in order.'),
    parameters: z.array(z.string()).describe('What is sent beside the messages and the schema.'),
    enforces_schema: z
      .enum(['yes', 'no', 'unclear'])
      .describe('Whether it held to a list of one tag while the prompt asked for another.'),
    logprobs: z.boolean().describe('Whether it tells token probabilities, and with them confidences.'),
    first_ms: z.number().nullable(),
    second_ms: z.number().nullable().describe('The same question again.'),
    input_tokens: z.int().nullable(),
    cached_input_tokens: z
      .int()
      .nullable()
      .describe('Of those, from the cache of the provider at the second call; null when it does not tell.'),
    advice: z.array(z.string()),
  })
  .meta({ id: 'Diagnosis' })
export type Diagnosis = z.infer<typeof Diagnosis>
