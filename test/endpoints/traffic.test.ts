import { expect, test } from 'vitest'
import type { TextResult, UpstreamFailure } from '../../src/core/model/engine.ts'
import { unknownUsage } from '../../src/core/usage.ts'
import { createCircuit } from '../../src/endpoints/limits/circuit.ts'
import { createConcurrencyLimit } from '../../src/endpoints/limits/concurrency-limit.ts'
import { createTraffic } from '../../src/endpoints/limits/traffic.ts'

const day = 86_400_000
const answered: TextResult = {
  ok: true,
  reply: { text: '', model: 'm', finish: 'stop', usage: unknownUsage, tokens: undefined, headers: undefined },
}
const failed = (status: number, text = ''): TextResult => {
  const failure: UpstreamFailure = {
    kind: 'status',
    status,
    code: undefined,
    text,
    body: undefined,
    headers: undefined,
  }
  return { ok: false, failure }
}

function startTraffic({ most = 4 } = {}) {
  const traffic = createTraffic({
    places: createConcurrencyLimit({ most }),
    createLimit: () => createConcurrencyLimit({ most }),
    createCircuit: () => createCircuit({ texts: 3, span: 0, firstWait: day, longestWait: day }),
  })
  const { signal } = new AbortController()
  let count = 0
  const pass = (
    model: string,
    result: TextResult | Promise<TextResult>,
    { deadline = performance.now() + day }: { deadline?: number } = {},
  ) =>
    traffic.pass(async () => result, {
      ...{ model, signal, deadline, waitAfter: () => 30 * day },
      source: { caller: 'a', text: String(count++) },
    })
  return { ...traffic, pass }
}

test('what one model is told to wait holds that model, and is told to its callers, but no other', async () => {
  const { pass } = startTraffic()
  await pass('spent', failed(429, 'slow down'))
  await expect(pass('spent', answered)).rejects.toMatchObject({
    code: 'upstream_unavailable',
    retryAfter: (30 * day) / 1_000,
  })
  await expect(pass('other', answered)).resolves.toBe(answered)
})

test('a request whose time is over is told so, not that the endpoint would have it wait', async () => {
  const { pass } = startTraffic()
  await expect(pass('m', answered, { deadline: performance.now() - 1 })).rejects.toMatchObject({ code: 'deadline' })
})

test('a model that only fails is left alone, and the others of the endpoint are asked', async () => {
  const { pass, leftAlone } = startTraffic()
  for (let count = 0; count < 3; count += 1) await pass('broken', failed(503))
  await expect(pass('broken', answered)).rejects.toMatchObject({ code: 'upstream_unavailable' })
  await expect(pass('other', answered)).resolves.toBe(answered)
  expect(leftAlone()).toEqual([{ model: 'broken', callers: 1 }])
})

test('what a document caused is no outage, though its status is 500', async () => {
  const { pass } = startTraffic()
  for (let count = 0; count < 5; count += 1) await pass('m', failed(500, 'input new_sensitive'))
  await expect(pass('m', answered)).resolves.toBe(answered)
})

test('all models together are asked no more at once than the endpoint takes', async () => {
  const { pass } = startTraffic({ most: 2 })
  const { promise, resolve } = Promise.withResolvers<TextResult>()
  const first = [pass('a', promise), pass('b', promise)]
  let third = false
  const waiting = pass('c', answered).then(() => (third = true))
  await new Promise(setImmediate)
  expect(third).toBe(false)
  resolve(answered)
  await Promise.all([...first, waiting])
})
