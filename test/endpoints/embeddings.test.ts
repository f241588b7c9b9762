import { setImmediate } from 'node:timers/promises'
import nock from 'nock'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { unknownUsage } from '../../src/core/usage.ts'
import { createTextQueue } from '../../src/endpoints/embeddings/text-queue.ts'
import { emptyFolder } from '../support/command.ts'
import { startService } from '../support/service.ts'

const origin = 'http://vectors.test'
const settings = {
  RANKER_EMBEDDINGS_URL: `${origin}/v1`,
  RANKER_EMBEDDINGS_MODEL: 'multilingual-e5-test',
  RANKER_EMBEDDINGS_KEY: 'vk-test-canary-key',
}
const tags = ['networking', 'cooking', 'chess'].map((name, index) => ({ id: index + 1, name }))

/** Words that mean the same in this encoder; every other word means itself. */
const kin: Readonly<Record<string, string>> = {
  суп: 'cooking',
  варить: 'cooking',
  шахматы: 'chess',
  сеть: 'networking',
}

/** A direction for each word, the same each time. */
function directionOf(word: string): number[] {
  let state = [...word].reduce((hash, letter) => (Math.imul(hash, 31) + letter.codePointAt(0)!) | 0, 7)
  return Array.from({ length: 64 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return state / 2 ** 31
  })
}

function embeddingOf(text: string): number[] {
  const sum = new Array<number>(64).fill(0)
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? [])
    directionOf(kin[word] ?? word).forEach((value, at) => {
      sum[at]! += value
    })
  return sum
}

const sent: { input: string[]; model: string; authorization: string | null }[] = []
let answer: (input: string[]) => { status: number; body: object }

const vectorsOf = (input: string[]) => ({
  status: 200,
  body: {
    object: 'list',
    model: 'e5-as-served',
    data: input.map((text, index) => ({ object: 'embedding', index, embedding: embeddingOf(text) })),
    usage: { prompt_tokens: 10 * input.length, total_tokens: 10 * input.length },
  },
})

beforeEach(() => {
  nock.disableNetConnect()
  sent.length = 0
  answer = vectorsOf
  nock(origin)
    .persist()
    .post('/v1/embeddings')
    .reply(async (request: Request) => {
      const { input, model } = (await request.json()) as { input: string[]; model: string }
      sent.push({ input, model, authorization: request.headers.get('authorization') })
      const { status, body } = answer(input)
      return [status, body, { 'content-type': 'application/json' }]
    })
})
afterEach(() => {
  nock.cleanAll()
  nock.enableNetConnect()
})

const details = { query: '?details=true' }
const soup = { text: 'Варить суп, много супа.', tags }

describe('a sentence encoder', () => {
  test('reads a text in a language that neither the list nor the ranker has words of', async () => {
    const alone = await startService()
    const without = (await alone.classify(soup, details)).json()
    expect(without.tags).toEqual([])
    expect(without.details.candidates).toEqual({ shown: 3, listed: 3, basis: 'whole_list', text_read: false })
    expect(without.details.notes).toEqual([expect.stringContaining('cannot read the language of the text')])

    const { classify } = await startService(settings)
    const found = (await classify(soup, details)).json()
    expect(found.tags).toEqual([2])
    expect(found.details.candidates).toMatchObject({ embeddings: 'used' })
    expect(found.details.notes).toEqual([])
  })

  test('is sent a list once, and each text in the way that its model wants', async () => {
    const { classify } = await startService(settings)
    await classify(soup)
    await classify({ text: 'Шахматы днём', tags })
    const inputs = sent.flatMap(({ input }) => input)
    expect(inputs.filter(input => input === 'query: chess')).toHaveLength(1)
    expect(inputs).toContain('query: Шахматы днём')
    expect(sent[0]).toMatchObject({ model: 'multilingual-e5-test', authorization: 'Bearer vk-test-canary-key' })
  })

  test('is counted: tokens of the text, and of the list for whoever brought it', async () => {
    const { classify } = await startService(settings)
    const first = (await classify(soup, details)).json()
    expect(first.details.usage.input_tokens).toBeGreaterThan(10 * tags.length)
    const second = (await classify({ ...soup, text: 'Шахматы и суп' }, details)).json()
    expect(second.details.usage.input_tokens).toBe(10)
    expect(second.details.attempts).toMatchObject([
      { endpoint: 'vectors.test', requested_model: 'multilingual-e5-test', model: 'e5-as-served', result: 'reply' },
      { endpoint: 'embedded-ranker' },
    ])
  })

  test('that takes one text in a call gets one', async () => {
    answer = input =>
      input.length > 1 ? { status: 413, body: { error: { message: 'one at a time' } } } : vectorsOf(input)
    const { classify } = await startService(settings)
    expect((await classify(soup)).json().tags).toEqual([2])
  })
})

describe('a sentence encoder that fails', () => {
  test.each([
    ['with a status', () => ({ status: 401, body: { error: { message: 'no' } } }), 'http_401'],
    [
      'with something that is no vector',
      () => ({ status: 200, body: { data: [{ index: 0, embedding: [] }] } }),
      'malformed',
    ],
    ['with too few vectors', (input: string[]) => vectorsOf(input.slice(1)), 'malformed'],
  ])('%s leaves the request to the ranker alone, says so, and is asked again', async (_, failing, result) => {
    answer = input => (input.some(text => text.includes('Router')) ? failing(input) : vectorsOf(input))
    const { classify, log } = await startService({ ...settings, DATA_DIR: emptyFolder() })
    const request = { text: '# Router\n\nRoutes packets: networking for all.', tags }
    const { tags: found, details: told } = (await classify(request, details)).json()
    expect(found).toEqual([1])
    expect(told.candidates.embeddings).toBe('failed')
    expect(told.notes).toEqual([expect.stringContaining('embeddings endpoint did not answer')])
    expect(told.attempts).toContainEqual(expect.objectContaining({ endpoint: 'vectors.test', result }))
    answer = vectorsOf
    const again = (await classify(request, details)).json()
    expect(again.details).toMatchObject({ cached: false, candidates: { embeddings: 'used' } })
    expect(log.join('')).not.toContain('vk-test-canary-key')
  })
})

test('texts that wait while calls are on their way go together, those that can wait last', async () => {
  const calls: (readonly string[])[] = []
  const { promise: reached, resolve: go } = Promise.withResolvers<void>()
  const queue = createTextQueue(
    {
      endpoint: 'vectors.test',
      model: 'any',
      async embed(texts) {
        calls.push(texts)
        await reached
        const vectors = texts.map(text => Float32Array.from(embeddingOf(text)))
        return { ok: true, vectors, model: 'any', usage: { ...unknownUsage, input_tokens: 100 }, cost: 0.03 }
      },
    },
    { textsPerCall: 3, callsAtOnce: 1 },
  )
  const first = queue.read('first')
  await setImmediate()
  const others = [queue.read('patient', { canWait: true }), ...['one', 'four', 'five'].map(text => queue.read(text))]
  go()
  await first
  const read = await Promise.all(others)
  expect(calls).toEqual([['first'], ['one', 'four', 'five'], ['patient']])
  const shares = read.slice(1).map(({ attempt }) => [attempt.usage.input_tokens, attempt.cost_usd])
  expect(shares.map(([tokens]) => tokens)).toEqual([27, 37, 36])
  expect(shares.reduce((sum, [, cost]) => sum + cost!, 0)).toBeCloseTo(0.03)
})
