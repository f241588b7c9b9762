import { expect, test } from 'vitest'
import { createApiKey } from '../../src/core/api-key.ts'
import { clientOf, ended, someLines, startBatchService } from '../support/batch-service.ts'
import { serveInProcess } from '../support/serve-in-process.ts'

const bearer = ({ key }: { key: string }) => ({ authorization: `Bearer ${key}` })

test('a batch is paid by the key that made it, waits when its budget is spent, and says so', async () => {
  const [nightly, operator] = [
    createApiKey('nightly', { opens: ['batch'], limits: { tokens: 5_000 } }),
    createApiKey('operator', { opens: ['admin'], limits: {} }),
  ]
  const { server, env, provider } = await startBatchService({
    env: { API_KEYS: `${nightly.line};${operator.line}`, BATCH_CONCURRENCY: '2' },
  })
  const { submit, get, until } = clientOf(server.url, bearer(nightly))
  const { body } = await submit(someLines(40))
  const held = await until(body.id, ({ held_until }) => held_until !== null)
  expect(held).toMatchObject({ status: 'in_progress', seconds_left: null, request_counts: { failed: 0 } })
  expect(held.held_until! * 1000).toBe(Math.ceil(Date.now() / 86_400_000) * 86_400_000)
  // What is in progress ends; then nothing more is asked.
  await until(body.id, batch => batch.request_counts.completed === provider.count())
  const { data } = (await (await fetch(`${server.url}/usage`, { headers: bearer(operator) })).json()) as {
    data: { key: string; requests: number; input_tokens: number; output_tokens: number }[]
  }
  const { usage, request_counts } = (await get(`/batches/${body.id}`)).body
  expect(data.map(({ key, requests }) => [key, requests])).toEqual([['nightly', request_counts.completed]])
  expect(data[0]!.input_tokens + data[0]!.output_tokens).toBe(usage.total_tokens)
  expect(request_counts.completed).toBeLessThan(40)

  server.child.kill('SIGTERM')
  await server.ended
  const richer = createApiKey('nightly', { opens: ['batch'], limits: { tokens: 5_000_000 } })
  const again = await serveInProcess({ ...env, API_KEYS: richer.line })
  expect(await clientOf(again.url, bearer(richer)).until(body.id, ended)).toMatchObject({
    ...{ held_until: null, request_counts: { total: 40, completed: 40, failed: 0 } },
  })
})
