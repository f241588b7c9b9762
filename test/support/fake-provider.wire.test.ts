import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from './fake-provider/server.ts'

const list = Array.from({ length: 400 }, (_, index) => `${index + 1000}\ttag number ${index}`).join('\n')
const messages = (document: string, system = `JSON\n${list}`) => [
  { role: 'system', content: system },
  { role: 'user', content: document },
]

let provider: FakeProvider
afterEach(() => provider?.close())

async function start(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  provider = await startFakeProvider(options)
  return provider
}

const post = (body: Record<string, unknown>, options: RequestInit = {}) =>
  fetch(`${provider.url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ messages: messages('a document'), ...body }),
    ...options,
  })
const postJson = async (body: Record<string, unknown> = {}) => JSON.parse(await (await post(body)).text())

test('streams the same completion in chunks, with the usage at the end when asked', async () => {
  await start({ dialect: 'openai' })
  const whole = await postJson()
  const response = await post({ stream: true, stream_options: { include_usage: true }, logprobs: true })
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const events = (await response.text()).split('\n\n').filter(line => line !== '')
  expect(events.pop()).toBe('data: [DONE]')
  const chunks = events.map(event => JSON.parse(event.slice('data: '.length)))
  const choices = chunks.flatMap(chunk => chunk.choices)
  expect(choices.map(choice => choice.delta.content ?? '').join('')).toBe(whole.choices[0].message.content)
  expect(choices.flatMap(choice => choice.logprobs?.content ?? [])).toHaveLength(choices.length - 2)
  expect(choices.at(-1).finish_reason).toBe('stop')
  expect(chunks.at(-1).usage.completion_tokens).toBe(whole.usage.completion_tokens)
  const calls = await post({
    stream: true,
    tools: [{ function: { name: 'f', parameters: {} } }],
    tool_choice: 'required',
  })
  expect(await calls.text()).toContain('"tool_calls":[{"index":0,"id":')
})

test('gives log probabilities token by token where the dialect has them', async () => {
  await start({ choose: () => [12345, 36] })
  const asked = { logprobs: true, top_logprobs: 3 }
  const [{ message, logprobs }] = (await postJson(asked)).choices
  const tokens: { token: string; logprob: number; top_logprobs: unknown[] }[] = logprobs.content
  expect(tokens.map(token => token.token).join('')).toBe(message.content)
  expect(tokens.map(token => token.token)).toEqual(['{"', 'tags', '":[', '123', '45', ',', '36', ']}'])
  for (const token of tokens) {
    expect(token.logprob).toBeLessThan(0)
    expect(token.top_logprobs).toHaveLength(3)
  }
  expect((await postJson()).choices[0].logprobs).toBeNull()
  await provider.close()
  await start({ dialect: 'anthropic' })
  expect((await postJson(asked)).choices[0].logprobs).toBeNull()
})

test('counts tokens, and those of a prefix it has seen in whole steps', async () => {
  await start()
  const bytes = Buffer.byteLength(list)
  const first = (await postJson()).usage
  expect(first.prompt_tokens).toBeGreaterThan(bytes / 4)
  expect(first.prompt_tokens_details.cached_tokens).toBe(0)
  const cached = (await postJson({ messages: messages('another one') })).usage.prompt_tokens_details.cached_tokens
  expect(cached % 128).toBe(0)
  expect(cached).toBeGreaterThan(bytes / 4 - 128)
  const changed = await postJson({ messages: messages('a document', `JSON!\n${list}`) })
  expect(changed.usage.prompt_tokens_details.cached_tokens).toBe(0)
  await provider.close()
  await start({ dialect: 'deepseek' })
  await postJson()
  const { prompt_cache_hit_tokens: hit, prompt_cache_miss_tokens: miss, prompt_tokens } = (await postJson()).usage
  expect(hit).toBeGreaterThan(1024)
  expect(hit + miss).toBe(prompt_tokens)
})

test('cuts a reply at the token limit, and a thinking model thinks first', async () => {
  await start({ dialect: 'openai-reasoning' })
  const cut = await postJson({ max_completion_tokens: 42 })
  expect(cut.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: '{"tags' } })
  const spent = await postJson({ max_completion_tokens: 64, model: 'gpt-5-long-thought' })
  expect(spent.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: '' } })
  expect(spent.usage.completion_tokens).toBe(64)
})

test('plays a script in order, then itself', async () => {
  await start({
    script: [{ status: 418, headers: { 'x-tea': 'yes' }, body: 'short' }, 'just text', { fault: 'refusal' }],
  })
  provider.play({ status: 200, body: { choices: null } })
  const first = await post({})
  expect([first.status, first.headers.get('x-tea'), await first.text()]).toEqual([418, 'yes', 'short'])
  expect((await postJson()).choices[0].message.content).toBe('just text')
  expect((await postJson()).choices[0].message).toMatchObject({ content: null, refusal: expect.any(String) })
  expect(await postJson()).toEqual({ choices: null })
  expect((await postJson()).choices[0].message.content).toMatch(/^\{"tags"/u)
  expect(provider.tally()).toEqual({ scripted: 3, refusal: 1, ok: 1 })
})

test.each([
  ['openai', 'x-ratelimit-reset-requests', /^\d+ms$/u],
  ['together', 'x-ratelimit-reset-requests', /^0\.\d+$/u],
  ['openrouter', 'x-ratelimit-reset', /^\d{13}$/u],
  ['anthropic', 'anthropic-ratelimit-requests-reset', /^20\d\d-.*Z$/u],
  ['vllm', 'x-ratelimit-reset-requests', undefined],
])('%s tells the truth about its bucket', async (dialect, header, form) => {
  await start({ dialect, rateLimit: { perSecond: 10, burst: 2 } })
  const replies = await Promise.all(Array.from({ length: 12 }, () => post({})))
  const statuses = replies.map(({ status }) => status)
  // On a loaded machine the bucket gains a drop meanwhile.
  expect(statuses.filter(status => status === 200).length).toBeGreaterThanOrEqual(2)
  expect(statuses).toContain(429)
  const limited = replies.find(({ status }) => status === 429)!
  if (form) expect(limited.headers.get(header)).toMatch(form)
  else expect(limited.headers.get(header)).toBeNull()
  await expect.poll(async () => (await post({})).status, { interval: 110 }).toBe(200)
})

test('survives clients that leave, and closes while it stalls', async () => {
  await start({ latencyMs: 500, recorded: 5 })
  const clients = Array.from({ length: 20 }, () => {
    const client = request(`${provider.url}/chat/completions`, { method: 'POST', agent: false })
    return client.on('error', () => undefined).end('{"messages":[]}')
  })
  await expect.poll(() => provider.count()).toBe(20)
  for (const client of clients) client.destroy()
  await expect.poll(() => provider.sockets()).toBe(0)
  expect((await post({})).status).toBe(200)
  expect(provider.count()).toBe(21)
  expect(provider.requests.length).toBeLessThan(10)
  expect(provider.requests.at(-1)).toMatchObject({ played: 'ok', status: 200, headers: { host: expect.any(String) } })
  provider.play({ fault: 'stall_before_headers' })
  const stalled = post({}).catch(() => 'cut')
  await expect.poll(() => provider.count()).toBe(22)
  await provider.close()
  expect(await stalled).toBe('cut')
})

test('npm run fake-provider says how to reach it and stops when told', async () => {
  const main = new URL('./fake-provider/main.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [main, '--port', '0', '--dialect', 'groq'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let log = ''
  child.stdout.on('data', data => {
    output += data
  })
  child.stderr.on('data', data => {
    log += data
  })
  await expect.poll(() => output).toContain('npm start')
  expect(output).toMatch(/OPENAI_BASE_URL=http:\/\/127\.0\.0\.1:\d+\/v1 OPENAI_API_KEY=fake OPENAI_MODEL=llama/u)
  const url = /http:\S+\/v1/u.exec(output)![0]
  await fetch(`${url}/chat/completions`, { method: 'POST', body: '{"messages":[]}' })
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(log).toMatch(/ 200 ok prompt /u)
  expect(output).toContain('stopped after 1 requests {"ok":1}')
})
