import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { startBatchService } from '../support/batch-service.ts'
import { startService } from '../support/service.ts'

test('an address of any bytes gets a problem that is logged and counted', async () => {
  const { url, server } = await startBatchService()
  for (const [path, status, code] of [
    ['/batches/%00', 404, 'unknown_batch'],
    ['/batches/a%00b/results', 404, 'unknown_batch'],
    ['/batches/%ff', 404, 'unknown_batch'],
    ['/batches/%', 404, 'unknown_batch'],
    ['/batches/%E0%A4%A/events', 404, 'unknown_batch'],
    ['/batches/%C3%28', 404, 'unknown_batch'],
    ['/batches/x?after=%ff', 404, 'unknown_batch'],
    ['/batches?after=%00', 400, 'invalid_request'],
    ['/batches?after=%ff', 400, 'invalid_request'],
    ['/%ff', 404, 'not_found'],
    ['/docs/%ff', 404, 'not_found'],
  ] as const) {
    const answer = await fetch(`${url}${path}`)
    const problem = (await answer.json()) as { code: string; request_id: string }
    expect([path, answer.status, answer.headers.get('content-type'), problem.code]).toEqual([
      ...[path, status, 'application/problem+json', code],
    ])
    const logged = new RegExp(`"request_id":"${problem.request_id}".*"outcome":"${code}"`)
    await expect.poll(() => server.output()).toMatch(logged)
  }
  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics).toMatch(/unknown_batch.* 7\n/)
  expect(metrics).toMatch(/not_found.* 2\n/)
}, 120_000)

test('the contract is written once, in each of its forms', async () => {
  const { app } = await startService()
  const read = async (url: string) => (await app.inject(url)).body
  const [json, same, yaml] = [await read('/openapi.json'), await read('/docs/json'), await read('/docs/yaml')]
  expect([same, yaml]).toEqual([json, expect.stringMatching(/^openapi: 3\.1\.0\n/)])
  const document = JSON.parse(json)
  const cpuOf = async (work: () => unknown) => {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
  const once = await cpuOf(() => stringify(document))
  const twenty = await cpuOf(async () => {
    for (let times = 0; times < 20; times += 1) await read('/docs/yaml')
  })
  expect(twenty).toBeLessThan(once * 10)
})
