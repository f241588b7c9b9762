import { z } from 'zod'
import { ReplyFormat } from '../core/model/reply-format.ts'
import { FormStep } from '../core/model/wire-form.ts'
import { errorCodes } from '../core/outcome.ts'

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
    said: z.string().nullable().describe('What the endpoint said of it, in its own words; keys are left out.'),
    format: ReplyFormat.nullable().describe('How the schema is sent to it; null when it did not answer.'),
    rejected: z.array(z.string()).describe('What it turned down on the way, in order.'),
    steps: z
      .array(FormStep)
      .describe('The last changes of the form of requests to this model, also before this examination.'),
    parameters: z.array(z.string()).describe('What is sent beside the messages and the schema.'),
    enforces_schema: z
      .enum(['yes', 'no', 'unclear'])
      .describe('Whether it held to a list of one tag while the prompt asked for another.'),
    tells_apart: z
      .enum(['yes', 'no', 'unclear'])
      .describe('`no`: two unlike texts got the same tags, or neighbours in the list, as from a model that copies.'),
    prompt_seen: z
      .enum(['whole', 'cut', 'cut_with_long_texts', 'unclear'])
      .describe('Whether the tokens it counts grow with what it is sent; `unclear` when it tells none.'),
    logprobs: z.boolean().describe('Whether it tells token probabilities, and with them confidences.'),
    first_ms: z.number().nullable(),
    second_ms: z.number().nullable().describe('The same question again.'),
    long_ms: z.number().nullable().describe('A text as long as TEXT_BUDGET allows; null when it was turned down.'),
    input_tokens: z.int().nullable(),
    cached_input_tokens: z
      .int()
      .nullable()
      .describe('Of those, from the cache of the provider at the second call; null when it does not tell.'),
    shutdown_date: z
      .string()
      .nullable()
      .describe('When its provider takes the model away, as `GET /models` tells; null when it tells nothing.'),
    advice: z.array(z.string()),
    settings: z.string().nullable().describe('Settings it needs in place of those in force, as one line to paste.'),
  })
  .meta({ id: 'Diagnosis' })
export type Diagnosis = z.infer<typeof Diagnosis>
