import { expect, test } from 'vitest'
import { createApiKey } from '../../src/core/api-key.ts'
import { clientOf, ended, someLines, startBatchService } from '../support/batch-service.ts'
import { bearer } from '../support/watched-service.ts'

test('the items of the batches of a key run no more at once than the key may have', async () => {
  const key = createApiKey('narrow', { opens: ['batch'], limits: { concurrency: 2 } })
  const { url, provider } = await startBatchService({ env: { API_KEYS: key.line }, provider: { latencyMs: 50 } })
  const { submit, until } = clientOf(url, bearer(key))
  const sent = await Promise.all([submit(someLines(20)), submit(someLines(20, 100))])
  for (const { body } of sent) expect((await until(body.id, ended)).outcomes).toEqual({ ok: 20 })
  expect(provider.peak()).toBe(2)
}, 120_000)
