import { z } from 'zod'
import { ReplyFormat, ReplyWith, strictestFormat } from './model/reply-format.ts'
import { Tag, TagId, Tags } from './tags/tag-list.ts'
import { Attempt, Usage } from './usage.ts'

/** The first example that a shape gives of itself, for shapes that hold it. */
export const exampleOf = (shape: z.ZodType): unknown => (shape.meta()?.examples as unknown[] | undefined)?.[0]

/** Of a probability, or what is like one. */
const share = z.number().min(0).max(1)

export const DroppedTag = z
  .strictObject({
    reason: z
      .enum(['unknown', 'ambiguous', 'duplicate', 'surplus', 'low_confidence', 'refused', 'rejected'])
      .describe(
        'Not on the list, an alias of two tags, there twice, over `max_tags`, under `min_confidence`, one that a decision model refused to judge, or rejected by feedback.',
      ),
    id: TagId.nullable().describe('The id when it was a number or is on the list; null when the model wrote a text.'),
  })
  .meta({ id: 'DroppedTag', description: 'An entry of the reply that did not reach the answer.' })
export type DroppedTag = z.infer<typeof DroppedTag>

export const Coverage = z
  .strictObject({
    total_bytes: z.int().min(0).describe('Size of the text as it came, in UTF-8.'),
    sent_bytes: z.int().min(0).describe('Size of what the model saw of it.'),
    cut: z
      .array(z.enum(['comments', 'images', 'markup', 'data', 'contents', 'boilerplate', 'code', 'middle']))
      .describe(
        'What was left out: HTML comments, images and badges, HTML tags, embedded data with scripts, styles and drawings, tables of contents, sections on licence, contributors, sponsors and the like, long code, the middle of a long text.',
      ),
  })
  .meta({ id: 'Coverage', examples: [{ total_bytes: 7_389, sent_bytes: 7_370, cut: ['images'] }] })
export type Coverage = z.infer<typeof Coverage>

export type Cut = Coverage['cut'][number]

export const DocumentId = z
  .union([z.string().max(256, 'is longer than 256 characters'), z.int()], {
    error: 'is neither a string nor a safe integer',
  })
  .describe('The name of the text in your catalogue; it comes back as it came.')
export type DocumentId = z.infer<typeof DocumentId>

export const exampleText = '# retis\n\nTraces packets in the Linux networking stack.'

export const ClassifyRequest = z
  .strictObject({
    id: DocumentId.optional(),
    text: z.string().describe('The text to tag, such as a README.'),
    tags: Tags.optional().describe('The list to choose from; the list of the prompt when left out.'),
    max_tags: z
      .int()
      .min(1)
      .max(50)
      .optional()
      .describe('The most tags the answer holds; 3 unless the prompt says otherwise.'),
    min_confidence: share
      .optional()
      .describe('Drops tags that the model was less sure of; a tag of unknown confidence stays.'),
    review_below: share
      .optional()
      .describe(
        'Answers then say in `needs_review` whether a person should look: a tag is less sure than this, or nobody knows how sure. That of the prompt when left out.',
      ),
    mode: z
      .enum(['full', 'cheap'])
      .optional()
      .describe(
        '`cheap`: the embedded ranker answers where `tagsmith calibrate` found it right often enough, and the model is asked about the rest.',
      ),
    prompt: z.string().min(1).max(128).optional().describe('The name of a prompt of `GET /prompts`.'),
    cache: z.boolean().optional().describe('False asks the model anew; `Cache-Control: no-cache` does the same.'),
  })
  .meta({
    id: 'ClassifyRequest',
    examples: [
      { id: '12523', text: exampleText },
      { text: exampleText, tags: [exampleOf(Tag)], max_tags: 1 },
    ],
  })
export type ClassifyRequest = z.infer<typeof ClassifyRequest>

export const Answer = z
  .strictObject({
    id: DocumentId.nullable(),
    tags: z.array(TagId).describe('Ids of the list, the most fitting first; empty when nothing on the list fits.'),
    needs_review: z
      .boolean()
      .optional()
      .describe('Whether a person should look at the answer; there when `review_below` is set.'),
  })
  .meta({
    id: 'Answer',
    examples: [
      { id: '12523', tags: [36, 57] },
      { id: null, tags: [] },
    ],
  })
export type Answer = z.infer<typeof Answer>

const UsedFormat = ReplyFormat.extend({
  enforced: z.boolean().describe('False once replies showed that the endpoint does not hold itself to the schema.'),
  reply_with: ReplyWith.describe('What the model wrote for a tag: its name, its id, or its place in the shortlist.'),
}).meta({
  id: 'UsedFormat',
  description: 'How the schema was sent, as learned from the endpoint.',
  examples: [{ ...strictestFormat, enforced: true, reply_with: 'names' }],
})

export const CandidateReport = z
  .strictObject({
    shown: z.int().min(0).describe('Tags that were chosen from.'),
    listed: z.int().min(0).describe('Tags on the list.'),
    basis: z
      .enum(['whole_list', 'ranker', 'topics', 'guess'])
      .describe(
        'How they were picked: `whole_list` all of the list; `ranker` the most promising by the words of the text; `topics` by what the model said the text is about, as its words say nothing about the list; `guess` nothing was found to go by, so that an empty answer says little.',
      ),
    text_read: z
      .boolean()
      .nullable()
      .describe(
        'False when the text is in a language of which neither the list has words nor the embedded ranker, so that what the ranker found or missed says little. Null when the ranker was not asked.',
      ),
    embeddings: z
      .enum(['used', 'failed'])
      .optional()
      .describe(
        'Whether the ranker had vectors of text and tags to go by; left out where RANKER_EMBEDDINGS_MODEL is not set, or was not needed.',
      ),
  })
  .meta({
    id: 'Candidates',
    description: 'What of the tag list there was to choose from.',
    examples: [{ shown: 90, listed: 90, basis: 'whole_list', text_read: null }],
  })
export type CandidateReport = z.infer<typeof CandidateReport>

export const Details = z
  .strictObject({
    outcome: z.enum(['ok', 'none_apply']),
    tags: z.array(
      z.strictObject({
        id: TagId,
        name: z.string(),
        confidence: share
          .nullable()
          .describe(
            'A probability where `calibrated` is true. Else as the engine tells it: what a decision model says, from token probabilities, or from the score of the embedded ranker; null where there is none.',
          ),
      }),
    ),
    calibrated: z
      .literal(true)
      .optional()
      .describe('Confidences are probabilities, by what `tagsmith calibrate` found; left out where they are not.'),
    cheap: z
      .strictObject({ most_wrong: z.number(), expected_wrong: z.number() })
      .optional()
      .describe(
        'The embedded ranker was sure enough, so that no model was asked: the share of such answers that is wrong at the most, with 95 % certainty, and that was wrong when `tagsmith calibrate` measured it. Left out where a model was asked.',
      ),
    model: z
      .string()
      .describe('What the endpoint calls the model that answered; `feedback` for the answer of a person.'),
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
    candidates: CandidateReport,
    dropped: z.array(DroppedTag),
    attempts: z.array(Attempt),
    notes: z.array(z.string()).describe('In words, what makes the answer worth less than it looks; mostly empty.'),
    cached: z
      .boolean()
      .describe('Whether the answer was known from an earlier request, or shared with one on its way.'),
    replies: z
      .array(z.string())
      .optional()
      .describe(
        'With `details=replies` alone: what the model wrote, word for word, in the order of its replies; none when it was not asked, or judges and does not write. It is kept nowhere.',
      ),
  })
  .meta({
    id: 'Details',
    examples: [
      {
        outcome: 'ok',
        tags: [
          { id: 36, name: 'networking', confidence: 0.98 },
          { id: 57, name: 'observability', confidence: 0.91 },
        ],
        ...{ model: 'gpt-6-luna', endpoint: 'api.openai.com' },
        ...{ prompt: 'assign-tags@6ef1d469cbcd', tag_list: 'b632ef1436f7d84b', max_tags: 3 },
        ...{ format: exampleOf(UsedFormat), usage: exampleOf(Usage), cost_usd: 0.00006 },
        ...{ coverage: exampleOf(Coverage), candidates: exampleOf(CandidateReport) },
        ...{ dropped: [], attempts: [exampleOf(Attempt)], notes: [], cached: false },
      },
    ],
  })
export type Details = z.infer<typeof Details>

export const DetailedAnswer = Answer.extend({ details: Details }).meta({
  id: 'DetailedAnswer',
  examples: [{ ...(exampleOf(Answer) as Answer), details: exampleOf(Details) }],
})
export type DetailedAnswer = z.infer<typeof DetailedAnswer>
