import { z } from 'zod'
import type { Questions } from '../core/model/question.ts'
import type { ListedTag } from '../core/tags/tag-list.ts'
import { compile } from './liquid.ts'

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

/** @throws Error `file:line: reason` when the template does not parse, or asks for what there is not */
export function createQuestions({ question, choice, threshold }: Decide, file: string): Questions {
  const render = compile({ file: `${file}: decide.question`, template: question })
  const worded = new WeakMap<ListedTag, string>()
  return {
    choice,
    threshold,
    ofTag: tag =>
      worded.getOrInsertComputed(tag, ({ id, name, description = '', aliases }) =>
        render({ tag: { id, name, description, aliases } }),
      ),
  }
}
