import { expect, test } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { expectAccessible, openPage, startBrowser } from '../support/browser.ts'
import { emptyFolder, startServer } from '../support/command.ts'
import { aBatch } from '../support/store-builders.ts'

const count = 100_000
const slice = 10_000
const output = JSON.stringify({ code: 'invalid_request', detail: 'Not valid.', retryable: false })

/** A folder with a batch of so many items, as an upload of broken lines leaves it. */
async function folderOfMany(): Promise<string> {
  const directory = emptyFolder()
  const store = await openSqliteStore({ directory })
  await store.createBatch(aBatch('batch_many', { key: 'anonymous', settings: '{}', createdAt: Date.now() }))
  for (let from = 0; from < count; from += slice)
    await store.appendItems(
      'batch_many',
      Array.from({ length: slice }, (_, index) => ({
        ...{ seq: from + index, customId: JSON.stringify(`item ${from + index}`), outcome: 'invalid_request', output },
      })),
    )
  await store.sealBatch('batch_many')
  await store.close()
  return directory
}

test('100,000 items page on the server, and no more than 200 rows are ever in the page', async () => {
  const { url } = await startServer({ DATA_DIR: await folderOfMany() })
  const { page, troubles } = await openPage(await startBrowser())
  await page.addInitScript(`window.mostRows = 0
    new MutationObserver(() => {
      window.mostRows = Math.max(window.mostRows, document.querySelectorAll('tr').length)
    }).observe(document, { childList: true, subtree: true })`)
  const pages: string[] = []
  page.on('request', request => /\/items\?/.test(request.url()) && pages.push(new URL(request.url()).search))
  await page.goto(`${url}/#/batches/batch_many?tab=failed`)
  const row = (number: number) => page.getByRole('rowheader', { name: `item ${number - 1}`, exact: true })
  await page.getByText('100,000 The entry is not valid').waitFor()
  await row(1).waitFor()
  await page.getByRole('link', { name: 'Next page' }).click()
  await row(51).waitFor()
  await page.getByLabel('From number').fill('99,981'.replace(',', ''))
  await page.getByRole('button', { name: 'Go' }).click()
  await row(99_981).waitFor()
  await row(100_000).waitFor()
  expect(await page.getByRole('link', { name: 'Next page' }).count()).toBe(0)
  await page.reload()
  await row(100_000).waitFor()
  await expectAccessible(page)
  await page.getByRole('link', { name: 'First page' }).click()
  await row(1).waitFor()
  expect(pages.every(query => query.startsWith('?limit=50&'))).toBe(true)
  expect(await page.evaluate('window.mostRows')).toBeLessThanOrEqual(200)
  expect(troubles).toEqual([])
})
