import { z } from 'zod'
import { ClassifyRequest, DocumentId, exampleText } from './classification.ts'
import { TagId } from './tags/tag-list.ts'

const tagIds = (what: string) => z.array(TagId).max(200).default([]).describe(what)

// Ranges in place of \p{Cc}, as not every reader of the description knows properties of characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a name has none of
const personName = /^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]{0,62}[^\s\x00-\x1f\x7f-\x9f])?$/u

export const PersonName = z.string().regex(personName, 'is not a name of 1 to 64 characters')

/** What a person says of the tags of a text. */
export const FeedbackRequest = z
  .strictObject({
    id: DocumentId.optional().describe(
      'The name of the text in your catalogue. Without `text`, the text that earlier feedback of the same key gave this id.',
    ),
    text: z.string().optional().describe('The text as it was sent to `/classify`.'),
    prompt: ClassifyRequest.shape.prompt,
    tags: ClassifyRequest.shape.tags.describe('The list that was chosen from; the list of the prompt when left out.'),
    accepted: tagIds('Tags of the answer that are right. With `missing` they are the whole answer of the text.'),
    rejected: tagIds('Tags that are wrong for the text; they are not proposed for it again.'),
    missing: tagIds('Tags that are right and were not in the answer.'),
    none: z.literal(true).optional().describe('Nothing on the list fits.'),
    by: PersonName.optional().describe(
      'Who says so. The same person again replaces what was said before; several may judge one text.',
    ),
  })
  .meta({
    id: 'FeedbackRequest',
    examples: [
      { id: '12523', text: exampleText, accepted: [36], rejected: [18], missing: [57], by: 'ada' },
      { text: exampleText, none: true },
    ],
  })
export type FeedbackRequest = z.infer<typeof FeedbackRequest>

export const Verdict = FeedbackRequest.pick({ accepted: true, rejected: true, missing: true }).extend({
  none: z.boolean(),
})
export type Verdict = z.infer<typeof Verdict>

export const Feedback = Verdict.extend({
  text_hash: z.string().describe('Names the text in `DELETE /feedback/{text_hash}`.'),
  id: DocumentId.nullable(),
  prompt: z.string(),
  tag_list: z.string().describe('Version of the tag list that was judged.'),
  by: z.string().nullable(),
  key: z.string().describe('The name of the key that gave it.'),
  at: z.iso.datetime(),
  state: z
    .enum(['used', 'contradicted', 'asleep'])
    .describe(
      '`contradicted` when another person says otherwise of the same text, so that what they disagree about is not used; `asleep` when none of its tags is on the list now.',
    ),
  answer: z
    .array(TagId)
    .nullable()
    .describe('What `/classify` answers for the text without asking a model; null when it asks.'),
}).meta({
  id: 'Feedback',
  examples: [
    {
      ...{ accepted: [36], rejected: [18], missing: [57], none: false },
      ...{ text_hash: 'hHZ7uTqEAbMs8XWmZ2Qf1g', id: '12523', prompt: 'assign-tags', tag_list: 'b632ef1436f7d84b' },
      ...{ by: 'ada', key: 'indexer', at: '2026-11-22T10:00:00.000Z', state: 'used', answer: [36, 57] },
    },
  ],
})
export type Feedback = z.infer<typeof Feedback>
