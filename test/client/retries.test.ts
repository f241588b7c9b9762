import { expect, test } from 'vitest'
import { type ClientOptions, createClient, TagsmithError } from '../../src/client/index.ts'
import { ServiceError } from '../../src/core/outcome.ts'
import { problemOf } from '../../src/http/problem.ts'
import {
  type Answering,
  json,
  reset,
  type ScriptedServer,
  silent,
  startScriptedServer,
} from '../support/scripted-server.ts'

const request = { id: 'a', text: 'Routes packets.' }
const answer = json({ id: 'a', tags: [1] })
const problem = (code: ConstructorParameters<typeof ServiceError>[0], headers: Record<string, string> = {}) => {
  const body = problemOf(new ServiceError(code, 'Told by the test.'), 'r-1')
  return json(body, { status: body.status, headers })
}

async function outcomeOf(server: ScriptedServer, options: Partial<ClientOptions> = {}) {
  const { classify } = createClient({ url: server.url, ...options })
  const result = await classify(request).catch((error: unknown) => error)
  return { result, calls: server.asked.length, waited: server.asked.at(-1)!.at - server.asked[0]!.at }
}

test('429 and 503 are asked again once they say so', async () => {
  const server = await startScriptedServer(
    problem('rate_limited', { 'retry-after': '1' }),
    problem('overloaded', { 'retry-after': '0' }),
    answer,
  )
  const { result, calls, waited } = await outcomeOf(server)
  expect([result, calls]).toEqual([{ id: 'a', tags: [1] }, 3])
  expect(waited).toBeGreaterThan(990)
})

test('a date to come back at is kept to', async () => {
  const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1_000)
  const server = await startScriptedServer(problem('rate_limited', { 'retry-after': date.toUTCString() }), answer)
  expect((await outcomeOf(server)).result).toEqual({ id: 'a', tags: [1] })
  expect(server.asked.at(-1)!.at).toBeGreaterThan(date.getTime() - 10)
})

test('whoever is told to come back tomorrow is told so at once', async () => {
  const server = await startScriptedServer(problem('budget_exhausted', { 'retry-after': '40000' }))
  const { result, calls } = await outcomeOf(server)
  expect(result).toBeInstanceOf(TagsmithError)
  expect([result, calls]).toMatchObject([{ code: 'budget_exhausted', status: 429, retryAfter: 40_000 }, 1])
})

test('a lost connection, a gateway and silence are tried again', async () => {
  const gateway = json({ message: 'Bad Gateway' }, { status: 502 })
  const server = await startScriptedServer(reset, gateway, silent, answer)
  expect(await outcomeOf(server, { timeout: 1_500 })).toMatchObject({ result: { tags: [1] }, calls: 4 })
})

test.each<[string, Answering, object, number]>([
  ['a fault of the caller', problem('invalid_request'), { code: 'invalid_request', status: 400, retryable: false }, 1],
  ['what the service tried already', problem('invalid_reply'), { code: 'invalid_reply', retryable: true }, 1],
  ['what does not get better', problem('overloaded'), { code: 'overloaded', problem: { request_id: 'r-1' } }, 3],
  ['no connection', reset, { code: 'unreachable', status: undefined, retryable: true }, 3],
  ['silence', silent, { code: 'timeout', status: undefined }, 3],
  ['a page of something else', json({ hello: 'world' }), { code: 'unexpected_answer' }, 1],
  ['a failure of something else', json({}, { status: 404 }), { code: 'unexpected_answer', status: 404 }, 1],
])('fails in the end: %s', async (_, script, error, calls) => {
  const server = await startScriptedServer(script)
  // What fails for another reason is not to fail for its time.
  const timeout = script === silent ? 1_000 : undefined
  expect(await outcomeOf(server, { retries: 2, timeout })).toMatchObject({ result: error, calls })
})

test('a key that a newer service adds is no fault', async () => {
  const server = await startScriptedServer(json({ id: 'a', tags: [1], mood: 'bright' }))
  expect((await outcomeOf(server)).result).toMatchObject({ tags: [1] })
})

test('the signal of the caller ends a call and a wait, with its own reason', async () => {
  const waiting = await startScriptedServer(problem('rate_limited', { 'retry-after': '50' }))
  for (const server of [waiting, await startScriptedServer(silent)]) {
    const reason = new Error('enough')
    const controller = new AbortController()
    const call = createClient({ url: server.url }).classify(request, { signal: controller.signal })
    setTimeout(() => controller.abort(reason), 200)
    await expect(call).rejects.toBe(reason)
  }
})

test('what may not be done twice is not, when its answer is lost', async () => {
  const server = await startScriptedServer(reset)
  await expect(createClient({ url: server.url }).batches.pause('b')).rejects.toMatchObject({ code: 'unreachable' })
  expect(server.asked.map(({ line }) => line)).toEqual(['POST /batches/b/pause'])
})

test('the service may be behind a path', async () => {
  const server = await startScriptedServer(answer)
  await createClient({ url: `${server.url}/tags/` }).classify(request)
  expect(server.asked[0]?.line).toBe('POST /tags/classify')
})
