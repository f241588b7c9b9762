import { expect, test } from 'vitest'
import { ended, someLines, startBatchService } from '../support/batch-service.ts'

test('how much is to be done is told by status, and what ended by outcome', async () => {
  const { url, submit, get, until } = await startBatchService({ env: { BATCH_CONCURRENCY: '2' } })
  const scrape = async () => (await fetch(`${url}/metrics`)).text()
  const idle = await scrape()
  for (const status of ['validating', 'in_progress', 'paused', 'cancelling']) {
    expect(idle).toContain(`batch_active{status="${status}"} 0`)
    expect(idle).toContain(`batch_queue_depth{status="${status}"} 0`)
  }
  const { body } = await submit(someLines(9))
  await until(body.id, ended)
  const refusal = JSON.stringify({ text: 'Sorts. [[fake:refusal]]' })
  const capped = (await submit(`${refusal}\n{\n${someLines(40, 9)}`, { query: '?max_tokens=100' })).body.id
  await until(capped, ({ status }) => status === 'paused')
  await expect.poll(scrape).toContain('batch_items_in_progress 0')
  const { request_counts } = (await get(`/batches/${capped}`)).body
  const paused = await scrape()
  expect(paused).toContain('batch_active{status="paused"} 1')
  const left = request_counts.total - request_counts.completed - request_counts.failed
  expect(paused).toContain(`batch_queue_depth{status="paused"} ${left}`)
  expect(paused).toMatch(/batch_items_total\{outcome="ok"\} \d+/)
  expect(paused).toContain('batch_items_total{outcome="refused"} 1')
})
