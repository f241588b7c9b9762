import type { Reviewed } from './feedback.ts'
import { rightTags } from './verdicts.ts'

export const feedbackFormats = ['gold', 'entries', 'label-studio', 'promptfoo'] as const
export type FeedbackFormat = (typeof feedbackFormats)[number]

/** One line of an export; undefined for what the format has no place for: what is contradicted, asleep or no whole answer. */
export function lineOf({ feedback, text, excerpt }: Reviewed, format: FeedbackFormat): object | undefined {
  if (format === 'entries') return { ...feedback, ...(text === null ? { excerpt } : { text }) }
  const tags = rightTags(feedback)
  if (tags === undefined || feedback.state !== 'used') return undefined
  const id = feedback.id ?? feedback.text_hash
  const words = text ?? excerpt
  const body = text === null ? { excerpt } : { text }
  if (format === 'gold')
    return {
      id,
      ...body,
      tags,
      ...(feedback.rejected.length > 0 && { rejected: feedback.rejected }),
      list: feedback.tag_list,
    }
  if (format === 'promptfoo')
    return { description: String(id), vars: { text: words }, metadata: { text_hash: feedback.text_hash, tags } }
  const choice = {
    ...{ from_name: 'tags', to_name: 'text', type: 'choices' },
    value: { choices: tags.map(String) },
  }
  return { data: { id, text: words }, annotations: [{ result: [choice], completed_by: feedback.by ?? feedback.key }] }
}
