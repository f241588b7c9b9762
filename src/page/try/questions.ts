import type { Question } from './asked.ts'

const nothing: Question = { prompt: '', endpoint: '', maxTags: '', afresh: false }

/** One column, or two where the address says what the second one asks. */
export function questionsOf(query: URLSearchParams): readonly Question[] {
  const value = (name: string) => query.get(name) ?? ''
  const first = { ...nothing, prompt: value('prompt'), endpoint: value('at'), maxTags: value('max') }
  if (!query.has('against')) return [first]
  return [first, { ...nothing, prompt: value('against'), endpoint: value('at2'), maxTags: value('max2') }]
}

export const addressQueryOf = ([first, second]: readonly Question[], defaultPrompt: string | undefined) => ({
  prompt: first!.prompt,
  at: first!.endpoint,
  max: first!.maxTags,
  ...(second && { against: second.prompt || defaultPrompt, at2: second.endpoint, max2: second.maxTags }),
})
