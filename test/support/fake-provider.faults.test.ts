import { afterEach, expect, test } from 'vitest'
import { everydayFaults, type FaultName } from './fake-provider/fault-names.ts'
import { evenFaults } from './fake-provider/faults.ts'
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from './fake-provider/server.ts'
import { wildFaultNames, wildFaults } from './fake-provider/wild-faults.ts'

const list = Array.from({ length: 400 }, (_, index) => `${index + 1000}\ttag number ${index}`).join('\n')
const messages = (document: string) => [
  { role: 'system', content: list },
  { role: 'user', content: document },
]

let provider: FakeProvider
afterEach(() => provider?.close())

async function start(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  provider = await startFakeProvider(options)
  return provider
}

const post = (body: Record<string, unknown>, options: RequestInit = {}) =>
  fetch(`${provider.url}/chat/completions`, { method: 'POST', body: JSON.stringify(body), ...options })

const seen: Partial<Record<FaultName, unknown>> = {
  rate_limited: [429, { 'retry-after': '0.25' }, /Rate limit/u],
  rate_limited_date: [429, { 'retry-after': expect.stringMatching(/GMT$/u) }, /Rate limit/u],
  rate_limited_ms: [429, { 'retry-after-ms': '250' }, /Rate limit/u],
  rate_limited_body: [429, {}, /"retryDelay":"0.25s"/u],
  rate_limited_reset: [429, { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '250ms' }, /Rate/u],
  server_error: [500, {}, /had an error/u],
  unavailable: [503, {}, /overloaded/u],
  reset_before_headers: 'cut',
  reset_after_headers: 'cut',
  stall_before_headers: 'stalled',
  stall_after_headers: 'stalled',
  truncated_envelope: [200, {}, /^\{"id":"chat[^}]*\}?[^}]*$/u],
  error_in_200: [200, {}, /^\{"error":\{"message":"Provider returned error","code":502/u],
  html_page: [200, { 'content-type': 'text/html; charset=utf-8' }, /^<!doctype/u],
  empty_body: [200, {}, /^$/u],
  truncated_content: [200, {}, /"finish_reason":"length"/u],
  off_list: [200, {}, /\{\\"tags\\":\[1406\]\}/u],
  blank: [200, {}, /"content":" +"/u],
  refusal: [200, {}, /"content":null,"refusal":"I'm sorry/u],
  content_filter: [200, {}, /"finish_reason":"content_filter"/u],
}

test.each(everydayFaults)('a document can ask for %s', async fault => {
  await start({ faults: { shares: {}, waitMs: 250 } })
  const signal = AbortSignal.timeout(2_000)
  const answer = await post({ messages: messages(`[[fake:${fault}]]`) }, { signal })
    .then(async response => ({ response, text: await response.text() }))
    .catch((error: Error) => (error.name === 'TimeoutError' ? 'stalled' : 'cut'))
  expect(provider.tally()).toEqual({ [fault]: 1 })
  const wanted = seen[fault]
  if (typeof answer === 'string' || typeof wanted === 'string') return expect(answer).toBe(wanted)
  const [status, headers, text] = wanted as [number, Record<string, string>, RegExp]
  expect(answer.response.status).toBe(status)
  expect(Object.fromEntries(answer.response.headers)).toMatchObject(headers)
  expect(answer.text).toMatch(text)
})

test('a mix of faults is as large as asked, and the same for the same seed', async () => {
  const mix = { shares: { server_error: 0.2, blank: 0.1 }, seed: 7 }
  const play = async (faults: FakeProviderOptions['faults'] & object) => {
    await provider?.close()
    await start({ faults })
    for (let index = 0; index < 200; index++) await (await post({ messages: [] })).text()
    return provider.tally()
  }
  const tally = await play(mix)
  expect(tally.server_error! + tally.blank!).toBeGreaterThan(40)
  expect(tally.server_error! + tally.blank!).toBeLessThan(80)
  expect(await play(mix)).toEqual(tally)
  expect(Object.values(evenFaults(0.3).shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(0.3)
})

test('a provider can go down and come back', async () => {
  await start()
  const status = async () => (await post({ messages: [] })).status
  expect(await status()).toBe(200)
  provider.setFaults({ shares: { unavailable: 1 } })
  expect(await status()).toBe(503)
  provider.setFaults({ shares: {} })
  expect(await status()).toBe(200)
})

test.each([
  [{ authorization: 'Bearer wrong-key' }, {}, 401, 'invalid_api_key'],
  [{ authorization: 'Bearer forbidden-key' }, {}, 403, 'no access'],
  [{ authorization: 'Bearer poor-key' }, {}, 402, 'Insufficient Balance'],
  [{}, { model: 'missing-model' }, 404, 'model_not_found'],
  [{}, { messages: 'none', tools: [null], response_format: 7, stream_options: 1 }, 200, '"choices"'],
])('answers %j %j with %i', async (headers, body, status, text) => {
  await start()
  const answer = await post(body, { headers })
  expect(answer.status).toBe(status)
  expect(await answer.text()).toContain(text)
})

test('a body that is not an object, and a path without a base, are refused', async () => {
  await start()
  const broken = await fetch(`${provider.url}/chat/completions`, { method: 'POST', body: '{' })
  expect(broken.status).toBe(400)
  const pathless = await fetch(new URL('/chat/completions', provider.url), { method: 'POST', body: '{}' })
  expect(pathless.status).toBe(404)
  expect(provider.count()).toBe(0)
})

const jsonObject = { response_format: { type: 'json_object' }, messages: messages('JSON') }
const forced = {
  tools: [{ type: 'function', function: { name: 'pick_tags', parameters: {} } }],
  tool_choice: 'required',
}

test.each([
  ['deepseek', jsonObject, 4, 200, /"content":" {48}"/u],
  ['groq', jsonObject, 4, 400, /"code":"json_validate_failed","failed_generation":/u],
  ['groq', { ...forced, messages: messages('a') }, 8, 400, /"code":"tool_use_failed","failed_generation":/u],
])('%s spoils a reply now and then: %#', async (dialect, body, sound, status, text) => {
  await start({ dialect })
  for (let index = 0; index < sound; index++) expect(await (await post(body)).text()).not.toMatch(text)
  const spoiled = await post(body)
  expect(spoiled.status).toBe(status)
  expect(await spoiled.text()).toMatch(text)
  expect(await (await post(body)).text()).not.toMatch(text)
})

const askFor = (fault: string, body: Record<string, unknown> = {}) =>
  post({ messages: messages(`A router. [[fake:${fault}]]`), max_tokens: 256, ...body })
const tagsSchema = {
  type: 'object',
  properties: { tags: { type: 'array', items: { type: 'integer', enum: [1001, 1005, 1009] } } },
  required: ['tags'],
  additionalProperties: false,
}
const forcedTool = {
  tools: [{ type: 'function', function: { name: 'pick_tags', parameters: tagsSchema } }],
  tool_choice: 'required',
}

test.each(wildFaultNames)('%s is played as a whole and in a stream, and has a source', async name => {
  await start({ faults: { shares: {}, waitMs: 50 } })
  const [sound, soundStream] = [await askFor('ok', forcedTool), await askFor('ok', { ...forcedTool, stream: true })]
  const plain = [await sound.text(), await soundStream.text()].map(withoutIds)
  const whole = await askFor(name, forcedTool)
  const streamed = await askFor(name, { ...forcedTool, stream: true })
  expect(provider.tally()).toEqual({ ok: 2, [name]: 2 })
  const played = [await whole.text(), await streamed.text()].map(withoutIds)
  expect(played[0]).not.toBe(plain[0])
  // Usage is only told in a stream that asks for it.
  if (name !== 'reasoning_beside') expect(played[1]).not.toBe(plain[1])
  expect(wildFaults[name].source).not.toBe('')
})

const withoutIds = (text: string) => text.replace(/fake0\w+/g, '').replace(/"created":\d+/g, '')

test('a document may ask for a row of faults, one a call, of which the last one stays', async () => {
  await start()
  const statuses = async (row: string) => {
    const seen: number[] = []
    for (let call = 0; call < 4; call++) seen.push((await askFor(row)).status)
    return seen
  }
  expect(await statuses('server_error,unavailable,ok')).toEqual([500, 503, 200, 200])
  expect(await statuses('server_error')).toEqual([500, 500, 500, 500])
  expect(await statuses('ok,filter_deepseek')).toEqual([200, 400, 400, 400])
})

test('a call for each tag holds the tags of the one call that it replaces, also in a stream', async () => {
  await start({ choose: () => [1001, 1005, 1009] })
  const whole = (await (await askFor('one_call_a_tag', forcedTool)).json()) as {
    choices: [{ message: { tool_calls: { function: { arguments: string } }[] } }]
  }
  const tags = whole.choices[0].message.tool_calls.map(call => JSON.parse(call.function.arguments).tags)
  expect(tags).toEqual([[1001], [1005], [1009]])
  const stream = await (await askFor('one_call_a_tag', { ...forcedTool, stream: true })).text()
  const indexes = [...stream.matchAll(/"index":(\d),"id"/g)].map(([, index]) => index)
  expect(indexes).toEqual(['0', '1', '2'])
})
