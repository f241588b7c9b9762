import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { ended, someLines, startBatchService } from '../support/batch-service.ts'
import { expectAccessible, openPage, startBrowser } from '../support/browser.ts'

const ndjson = (lines: string, name = 'items.ndjson') => ({
  name,
  mimeType: 'application/x-ndjson',
  buffer: Buffer.from(lines),
})
const failing = (count: number, fault: string) =>
  Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      id: `${fault} ${index}`,
      text: `# Nr. ${index} [[fake:${fault},ok]] <img src=x onerror=alert(1)>`,
    }),
  ).join('\n')
const idOf = (page: Page) => /batches\/(batch_\w+)/.exec(page.url())![1]!
const rowsOf = (page: Page) => page.locator('tbody tr').count()

async function download(page: Page, label: string): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: label }).click()])
  return readFile(await file.path(), 'utf8')
}

test('2,000 items are watched to their end through a reload; failures are grouped, and one group is retried', async () => {
  const { url, until, provider } = await startBatchService({ provider: { latencyMs: 20 } })
  const { page, troubles } = await openPage(await startBrowser())
  await page.goto(`${url}/#/batches`)
  const lines = `${someLines(1_950)}${failing(37, 'refusal')}\n${failing(11, 'content_filter')}\n{"id":"broken"\n{"id":"blank","text":" "}`
  await page.getByRole('button', { name: /^File/ }).setInputFiles(ndjson(lines))
  await page.getByText('Price').waitFor()
  await page.getByText('1,999, and 1 that cannot be read').waitFor()
  await page.getByRole('button', { name: 'Start 1,999 items' }).click()
  await page.getByRole('heading', { name: /^Batch / }).waitFor()
  await page.reload()
  await page.getByRole('progressbar').waitFor()
  const id = idOf(page)
  await page.getByText('done, with failures').waitFor({ timeout: 120_000 })
  await page.getByRole('link', { name: 'Failed 50' }).click()
  const groups = page.getByRole('list', { name: 'Failures by reason' })
  await groups.getByText('37 The model refused').waitFor()
  await groups.getByText('11 A content filter stopped the model').waitFor()
  await page.getByRole('rowheader', { name: 'refusal 0', exact: true }).waitFor()
  expect(await rowsOf(page)).toBe(50)
  await expectAccessible(page)
  const asked = provider.count()
  await groups.getByRole('button', { name: 'Retry these 37' }).click()
  await page.getByText('Taken up again: 37 items.').waitFor()
  await until(id, ended)
  await page.getByRole('link', { name: 'Failed 13' }).waitFor()
  expect(provider.count() - asked).toBe(37)
  expect(await until(id, ended)).toMatchObject({ outcomes: { blocked: 11, invalid_request: 1, unusable_text: 1 } })
  expect(await groups.getByText('The model refused').count()).toBe(0)
  await page.getByRole('button', { name: 'Show the text of item 1988', exact: true }).click()
  await page.getByText('<img src=x onerror=alert(1)>').waitFor()
  expect(await download(page, 'Download NDJSON')).toBe(await (await fetch(`${url}/batches/${id}/results`)).text())
  const csv = await download(page, 'Download CSV')
  expect(csv.split('\r\n')).toHaveLength(2_000 + 2)
  expect(troubles).toEqual([])
})

test('the columns of a CSV are mapped, and its batch is paused, resumed and cancelled', async () => {
  const { url, until } = await startBatchService({ env: { BATCH_CONCURRENCY: '1' }, provider: { latencyMs: 300 } })
  const { page, troubles } = await openPage(await startBrowser())
  page.on('dialog', dialog => void dialog.accept())
  await page.goto(`${url}/#/batches`)
  const rows = Array.from({ length: 60 }, (_, row) => `${row};"A tool; it ""sorts""\nfiles, number ${row}"`)
  await page
    .getByRole('button', { name: /^File/ })
    .setInputFiles(ndjson(`key;notes\n${rows.join('\n')}\n`, 'tools.csv'))
  await page.getByText('tools.csv, 60 rows').waitFor()
  expect(await page.getByLabel('Column of the text').inputValue()).toBe('1')
  expect(await page.getByLabel('Column of the id').inputValue()).toBe('0')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Start 60 items' }).click()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByText('paused: as it was told to').waitFor()
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('cancelled', { exact: true }).waitFor()
  const id = idOf(page)
  const { request_counts } = await until(id, ended)
  expect(request_counts.total).toBe(60)
  expect(request_counts.completed).toBeLessThan(60)
  const item = await (await fetch(`${url}/batches/${id}/items/7`)).json()
  expect(item).toMatchObject({ request: { id: '7', text: 'A tool; it "sorts"\nfiles, number 7', min_confidence: 0 } })
  expect(troubles).toEqual([])
})

test('an answer that is less sure than was asked for is marked as one that needs a look', async () => {
  const { url, submit, until } = await startBatchService()
  const { body } = await submit(someLines(2), { query: '?min_confidence=0&review_below=1' })
  await until(body.id, ended)
  const { page, troubles } = await openPage(await startBrowser())
  await page.goto(`${url}/#/batches/${body.id}`)
  await page.getByText('needs a look').first().waitFor()
  await expectAccessible(page)
  expect(troubles).toEqual([])
})
