import type { Decide } from '../core/model/prompt.ts'
import type { Questions } from '../core/model/question.ts'
import type { ListedTag } from '../core/tags/tag-list.ts'
import { compile } from './liquid.ts'

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
