import { readFileSync } from 'node:fs'
import type { Choose } from '../../support/fake-provider/server.ts'
import { type Ending, endings } from './ends.ts'

export interface FaultyText {
  readonly text: string
  /** Undefined for a text that meets no fault. */
  readonly ending: Ending | undefined
  /** The tags that the fake model finds for it. */
  readonly tags: readonly number[]
}

const list: readonly { id: number; name: string }[] = JSON.parse(
  readFileSync(new URL('../../../prompts/assign-tags/tags.json', import.meta.url), 'utf8'),
)

/** Words that an endpoint might say of a request, in texts that it might quote. */
const remarks = [
  'It sets the temperature of a room with simple tools.',
  'A json_schema validator; response_format is not supported in version 1.',
  'Its system role is not supported, and messages must alternate user and assistant.',
  'Structured output and function calling, explained for beginners.',
  "The keywords 'maxItems' and 'enum' are not permitted here.",
  'It only supports streaming, as a non-streaming request is refused.',
  "Use 'max_completion_tokens' instead of max_tokens, it says.",
  'A grammar is too large when its schema is too complex.',
  "Strict mode: 'strict' is an unknown field.",
  'logprobs, top_logprobs and tool_choice are unsupported parameters.',
  'It asks for insufficient_quota and a context_length_exceeded.',
  'A content filter, moderation and model_not_found, as tests play them.',
]

const faultyOfTen = 3
/** Steps through all endings, and through all lengths of an answer, before any comes again. */
export function faultyText(index: number): FaultyText {
  const isFaulty = index % 10 < faultyOfTen
  const place = Math.floor(index / 10) * faultyOfTen + (index % 10)
  const ending = isFaulty ? endings[place % endings.length] : undefined
  const asks = ending ? ` [[fake:${ending.asks}]]` : ''
  const text = `# Project ${index}\n\nA router that stores rows, number ${index}. ${remarks[index % remarks.length]}${asks}`
  return { text, ending, tags: tagsOf(index).map(({ id }) => id) }
}

const tagsOf = (index: number) =>
  Array.from({ length: 1 + (index % 3) }, (_, step) => list[(index * 7 + step * 31) % list.length]!)

/** The model finds for each text what `faultyText` expects, by id or by name. */
export const chooseKnown: Choose = ({ document, allowed }) => {
  const index = Number(/# Project (\d+)/.exec(document)?.[1])
  const byName = typeof allowed[0] === 'string'
  return tagsOf(index).map(({ id, name }) => (byName ? name : id))
}
