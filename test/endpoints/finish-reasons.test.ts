import { describe, expect, test } from 'vitest'
import { endingOf, finishReasonRows } from '../../src/endpoints/openai/replies/finish-reasons.ts'
import { readCompletion } from '../../src/endpoints/openai/replies/read-completion.ts'

const written: Record<string, readonly string[]> = {
  length: [
    'length',
    'LENGTH',
    'Length',
    'max_tokens',
    'MAX_TOKENS',
    'max-tokens',
    'maxTokens',
    'FinishReason.MAX_TOKENS',
    'FINISH_REASON_MAX_TOKENS',
    'model_length',
    'max_output_tokens',
    'model_context_window_exceeded',
    'ERROR_LIMIT',
    'token_limit',
  ],
  content_filter: [
    'content_filter',
    'CONTENT_FILTER',
    'contentFilter',
    'content-filter',
    'ContentFilter',
    'content_filtered',
    'SAFETY',
    'safety',
    'FinishReason.SAFETY',
    'FINISH_REASON_SAFETY',
    'RECITATION',
    'PROHIBITED_CONTENT',
    'BLOCKLIST',
    'SPII',
    'LANGUAGE',
    'MODEL_ARMOR',
    'IMAGE_SAFETY',
    'IMAGE_PROHIBITED_CONTENT',
    'guardrail_intervened',
    'ERROR_TOXIC',
    'sensitive',
    'content_filter: RECITATION',
    'content_filter: OTHER',
    'content_filter: something new',
  ],
  refusal: ['refusal', 'REFUSAL'],
  error: [
    'error',
    'ERROR',
    'abort',
    'aborted',
    'cancelled',
    'time_limit',
    'network_error',
    'insufficient_system_resource',
    'USER_CANCEL',
    'TIMEOUT',
    'FinishReason.ERROR',
  ],
  stop: [
    'stop',
    'STOP',
    'Stop',
    'end_turn',
    'endTurn',
    'stop_sequence',
    'tool_calls',
    'TOOL_CALLS',
    'tool_use',
    'function_call',
    'COMPLETE',
    'eos',
    'eos_token',
    'normal',
    'MALFORMED_FUNCTION_CALL',
    'FinishReason.STOP',
  ],
}
const rows = Object.entries(written).flatMap(([ending, words]) => words.map(word => ({ ending, word })))
const unknown = [
  'OTHER',
  'FINISH_REASON_UNSPECIFIED',
  'other',
  'pause_turn',
  'constructor',
  '__proto__',
  'null',
  '',
  '.',
]

const content = '{"tags":[1]}'
const completion = (finish_reason: unknown, text: string | null = content, more: object = {}) => ({
  choices: [{ message: { content: text }, finish_reason }],
  ...more,
})
const read = (body: object, tokenCap?: number) => readCompletion(body, { model: 'asked', headers: undefined, tokenCap })

test('every row says where its words stand, and no word means two things', () => {
  const meanings = new Map<string, string>()
  for (const { source, ...words } of finishReasonRows) {
    expect(source).toMatch(/^[\w.-]+\.[a-z]+\/|^[\w.-]+\.[a-z]+[,:]/)
    for (const [ending, spellings] of Object.entries(words)) {
      for (const word of spellings) {
        expect(meanings.get(word.toLowerCase()) ?? ending, word).toBe(ending)
        meanings.set(word.toLowerCase(), ending)
        expect(endingOf(word), word).toBe(ending)
      }
    }
  }
  expect(meanings.size).toBeGreaterThan(30)
})

test.each(rows)('$word: $ending', ({ word, ending }) => {
  expect(endingOf(word)).toBe(ending)
  const result = read(completion(word))
  if (ending === 'error') expect(result).toMatchObject({ ok: false, failure: { kind: 'malformed', status: 200 } })
  else expect(result).toMatchObject({ ok: true, reply: { text: content, finish: ending } })
})

describe('a reason that no row has', () => {
  test.each([...unknown, null, undefined, 3, {}])('%j is judged by what came', word => {
    if (typeof word === 'string') expect(endingOf(word)).toBeUndefined()
    const finishOf = (text: string | null) => read(completion(word, text))
    expect(finishOf(content)).toMatchObject({ reply: { finish: 'stop' } })
    expect(finishOf('I chose {"tags":[1]}.')).toMatchObject({ reply: { finish: 'stop' } })
    expect(finishOf(null)).toMatchObject({ reply: { finish: 'stop', text: '' } })
    expect(finishOf('{"tags":[1, ')).toMatchObject({ reply: { finish: 'length' } })
    expect(finishOf('<think>Perhaps {"tags":[2]}')).toMatchObject({ reply: { finish: 'length' } })
  })
})

describe('stop', () => {
  const usage = (completion_tokens: number) => ({ usage: { completion_tokens } })

  test.each<[what: string, text: string, tokens: number | undefined, cap: number | undefined, finish: string]>([
    ['at exactly the cap', 'It is a router, so', 256, 256, 'length'],
    ['at exactly the cap, though complete', content, 256, 256, 'length'],
    ['below the cap', 'It is a router, so', 255, 256, 'stop'],
    ['above the cap, as thoughts may be counted with it', content, 900, 256, 'stop'],
    ['below the cap, in the middle of a value', '{"tags":[1, ', 12, 256, 'stop'],
    ['below the cap, in the middle of a thought', '<think>It is', 12, 256, 'length'],
    ['in the middle of a value, tokens unknown', '{"tags":[1, ', undefined, 256, 'length'],
    ['in the middle of a value, cap unknown', '{"tags":[1, ', 12, undefined, 'length'],
  ])('%s', (_what, text, tokens, cap, finish) => {
    expect(read(completion('stop', text, tokens === undefined ? {} : usage(tokens)), cap)).toMatchObject({
      reply: { finish },
    })
  })
})

test.each([
  ['stop', 'SAFETY', 'content_filter'],
  ['stop', 'MAX_TOKENS', 'length'],
  ['stop', 'STOP', 'stop'],
  ['stop', 'end_turn', 'stop'],
  [null, 'PROHIBITED_CONTENT', 'content_filter'],
  ['other', 'length', 'length'],
  ['length', 'stop', 'length'],
])('%s with the native reason %s is %s', (finish_reason, native_finish_reason, finish) => {
  const body = { choices: [{ message: { content }, finish_reason, native_finish_reason }] }
  expect(read(body)).toMatchObject({ reply: { finish } })
})
