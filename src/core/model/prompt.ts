import { z } from 'zod'
import { ClassifyRequest, type DocumentId } from '../classification.ts'
import { type Choices, TagOrder } from '../tags/choices.ts'
import { type ListedTag, TagId, type TagList } from '../tags/tag-list.ts'
import type { Message, Questions } from './question.ts'

export const Decide = z
  .strictObject({
    question: z
      .string()
      .min(1)
      .max(2_000)
      .describe('A template of what is asked of each tag, to be answered yes or no; `tag` is the tag.'),
    choice: z
      .string()
      .min(1)
      .max(2_000)
      .optional()
      .describe('What is asked beside it of all tags: which fits best. It orders tags of equal probability.'),
    threshold: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('The least probability of a tag that is given. When no tag reaches it, none applies.'),
  })
  .meta({ id: 'Decide', description: 'What a decision model is asked: OPENAI_API says which endpoints are one.' })
export type Decide = z.infer<typeof Decide>

export const PromptSettings = z
  .strictObject({
    description: z.string().min(1).max(500).describe('What the prompt is for, in a line.'),
    max_tags: z
      .int()
      .min(1)
      .max(50)
      .default(3)
      .describe('The most tags an answer holds when the request does not say.'),
    temperature: z.number().min(0).max(2).default(0),
    reply_with: z
      .enum(['names', 'ids'])
      .default('names')
      .describe(
        'What the model writes for a tag; ids also where names cannot be told apart or are too many or too long.',
      ),
    order: TagOrder.default('list'),
    seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe('For the order `seeded`.'),
    reduce: z.boolean().default(true).describe('Whether the text is reduced to its budget; false sends it as it came.'),
    learn: z
      .boolean()
      .optional()
      .describe('Whether texts that people confirmed by feedback vote in the embedded ranker, from twenty on.'),
    examples: z
      .int()
      .min(0)
      .max(10)
      .optional()
      .describe(
        'How many of the nearest texts that people confirmed a model is shown, from twenty confirmed on; none unless it says so.',
      ),
    review_below: ClassifyRequest.shape.review_below.describe(
      'Answers say whether a person should look: whether a tag is less sure than this, where the request does not say.',
    ),
    model: z.string().min(1).optional().describe('The model to ask in place of OPENAI_MODEL.'),
    decide: Decide.optional(),
  })
  .meta({ id: 'PromptSettings', description: 'The prompt.yaml of a prompt folder.' })
export type PromptSettings = z.infer<typeof PromptSettings>

/** A text whose tags are known, as a prompt folder holds it. */
export const PromptExample = z.strictObject({ text: z.string().min(1), tags: z.array(TagId) })
export type PromptExample = z.infer<typeof PromptExample>

/** A confirmed text as a model is shown it. */
export interface ShownExample {
  readonly text: string
  readonly tags: readonly TagId[]
  /** Tags that a person said are wrong for it. */
  readonly rejected: readonly TagId[]
}

export interface PromptDocument {
  readonly id: DocumentId | null
  readonly text: string
  /** Tags that the words of the text suggest, the likeliest first. Asked for only by a template that mentions them. */
  readonly suggestedTags: () => readonly ListedTag[]
  /** Texts that people confirmed, the nearest last. */
  readonly examples?: readonly ShownExample[] | undefined
}

/** A prompt whose fixed part is rendered: the same bytes for every document. */
export interface ListPrompt {
  /** Undefined when the prompt has no system message. */
  readonly system: string | undefined
  /** The messages for one document, which stands in the last of them. */
  render(document: PromptDocument): Message[]
}

export interface Prompt {
  readonly name: string
  /** `name@` and the hash of settings, wording and examples: what an answer can be traced back to. */
  readonly version: string
  readonly settings: PromptSettings
  /** The list that is used when a request brings none. */
  readonly tagList: TagList
  /** Texts whose tags are known: the ranker learns from them. */
  readonly examples: readonly PromptExample[]
  /** What a decision model is asked; undefined where the prompt does not say. */
  readonly questions: Questions | undefined
  /** Whether it shows what the ranker suggests. */
  readonly mentionsSuggestions: boolean
  forChoices(choices: Choices, maxTags: number): ListPrompt
}
