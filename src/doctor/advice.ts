import type { Diagnosis } from './diagnosis.ts'

export interface AdviceGrounds {
  readonly diagnosis: Omit<Diagnosis, 'advice'>
  /** How the last reply ended, and whether it held nothing. */
  readonly reply: { readonly blank: boolean; readonly finish: string }
  /** The share of the tags that a decision model takes to fit a text about one of them; null for other models. */
  readonly fitting: number | null
  /** The context that the longest prompt and its reply take, in tokens, as far as that can be told. */
  readonly contextTokens: number
  /** Why a text as long as TEXT_BUDGET allows was turned down; null when it was not. */
  readonly turnedDown: string | null
}

interface Row {
  when(grounds: AdviceGrounds): boolean
  say(grounds: AdviceGrounds): string
}

/** Of a list of a few tags that are alike, several may fit. */
const mostFitting = 0.3

const largerContext = ({ contextTokens }: AdviceGrounds) =>
  `Give the server a larger context, of ${contextTokens} tokens (OLLAMA_CONTEXT_LENGTH of Ollama, -c of llama-server)`

const rows: readonly Row[] = [
  {
    when: ({ diagnosis }) => diagnosis.enforces_schema === 'no',
    say: () =>
      'It does not enforce the schema: answers stay on the list, but some documents will cost a second call. A server with constrained decoding, or another OPENAI_MODEL, avoids that.',
  },
  {
    when: ({ diagnosis }) => diagnosis.tells_apart === 'no',
    say: () =>
      'It copies: two unlike texts got the same tags, or neighbours in the list. Its answers are worth nothing; set OPENAI_MODEL to a larger one, or reply_with to names in prompt.yaml.',
  },
  {
    when: ({ fitting }) => fitting !== null && fitting > mostFitting,
    say: ({ fitting }) =>
      `It takes ${Math.round(fitting! * 100)} % of the tags to fit a text about one of them: raise decide.threshold in prompt.yaml, or set OPENAI_MODEL to another decision model.`,
  },
  {
    when: ({ diagnosis }) => diagnosis.prompt_seen === 'cut',
    say: grounds => `${largerContext(grounds)}, or shorten the tag list.`,
  },
  {
    when: ({ diagnosis }) => diagnosis.prompt_seen === 'cut_with_long_texts',
    say: grounds =>
      `With a text as long as TEXT_BUDGET allows, the prompt is cut without a word. ${largerContext(grounds)}, or lower TEXT_BUDGET.`,
  },
  {
    when: ({ turnedDown }) => turnedDown !== null,
    say: ({ turnedDown }) => `A text as long as TEXT_BUDGET allows was turned down: ${turnedDown}`,
  },
  {
    when: ({ reply }) => reply.finish === 'length',
    say: () => 'The reply was cut: raise MAX_OUTPUT_TOKENS.',
  },
  {
    when: ({ reply }) => reply.blank,
    say: () => 'The reply was blank: try another OPENAI_MODEL.',
  },
]

/** What whoever runs the service can do, a sentence or two for each thing that is not as it should be. */
export const adviceFor = (grounds: AdviceGrounds): string[] =>
  rows.filter(({ when }) => when(grounds)).map(({ say }) => say(grounds))
