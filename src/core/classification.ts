import { z } from 'zod'
import { Coverage } from './document/coverage.ts'
import { DroppedTag } from './reply/dropped-tag.ts'
import { Tag, TagId } from './tag.ts'
import { Attempt, Usage } from './usage.ts'
import { ReplyFormat } from './wire-form.ts'

export const DocumentId = z
  .union([z.string().max(256, 'is longer than 256 characters'), z.int()], {
    error: 'is neither a string nor a safe integer',
  })
  .describe('The name of the text in your catalogue; it comes back as it came.')
export type DocumentId = z.infer<typeof DocumentId>

export const ClassifyRequest = z
  .strictObject({
    id: DocumentId.optional(),
    text: z.string().describe('The text to tag, such as a README.'),
    tags: z.array(Tag).min(1).optional().describe('The list to choose from; the list of the prompt when left out.'),
    max_tags: z
      .int()
      .min(1)
      .max(50)
      .optional()
      .describe('The most tags the answer holds; 3 unless the prompt says otherwise.'),
    min_confidence: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Drops tags that the model was less sure of; a tag of unknown confidence stays.'),
    prompt: z.string().min(1).max(128).optional().describe('The name of a prompt of `GET /prompts`.'),
    cache: z.boolean().optional().describe('False asks the model anew; `Cache-Control: no-cache` does the same.'),
  })
  .meta({ id: 'ClassifyRequest' })
export type ClassifyRequest = z.infer<typeof ClassifyRequest>

export const Answer = z
  .strictObject({
    id: DocumentId.nullable(),
    tags: z.array(TagId).describe('Ids of the list, the most fitting first; empty when nothing on the list fits.'),
  })
  .meta({ id: 'Answer' })
export type Answer = z.infer<typeof Answer>

const UsedFormat = ReplyFormat.extend({
  enforced: z.boolean().describe('False once replies showed that the endpoint does not hold itself to the schema.'),
}).meta({ id: 'UsedFormat', description: 'How the schema was sent, as learned from the endpoint.' })

export const Details = z
  .strictObject({
    outcome: z.enum(['ok', 'none_apply']),
    tags: z.array(
      z.strictObject({
        id: TagId,
        name: z.string(),
        confidence: z
          .number()
          .min(0)
          .max(1)
          .nullable()
          .describe('From token probabilities; null where there are none.'),
      }),
    ),
    model: z.string().describe('What the endpoint calls the model that answered.'),
    endpoint: z.string().describe('The endpoint that answered; `embedded-ranker` when no model was asked.'),
    prompt: z.string().describe('Name and hash of the prompt.'),
    tag_list: z.string().describe('Version of the tag list: the hash of its content.'),
    max_tags: z.int(),
    format: UsedFormat,
    usage: Usage,
    cost_usd: z
      .number()
      .min(0)
      .nullable()
      .describe('Of all attempts; null when it is not known, 0 when the answer was.'),
    coverage: Coverage,
    dropped: z.array(DroppedTag),
    attempts: z.array(Attempt),
    cached: z
      .boolean()
      .describe('Whether the answer was known from an earlier request, or shared with one on its way.'),
  })
  .meta({ id: 'Details' })
export type Details = z.infer<typeof Details>

export const DetailedAnswer = Answer.extend({ details: Details }).meta({ id: 'DetailedAnswer' })
export type DetailedAnswer = z.infer<typeof DetailedAnswer>
