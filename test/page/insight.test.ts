import { expect, test } from 'vitest'
import { ended, someLines, startBatchService } from '../support/batch-service.ts'
import { expectAccessible, openPage, startBrowser } from '../support/browser.ts'

test('what was counted is shown, each chart with its table, and the lists of a phone fit its width', async () => {
  const { url, submit, until } = await startBatchService()
  const { body } = await submit(`${someLines(30)}{"id":"blank","text":" "}`)
  await until(body.id, ended)
  const { page, troubles } = await openPage(await startBrowser(), { viewport: { width: 390, height: 800 } })
  await page.goto(`${url}/#/insight?batch=${body.id}`)
  await page.getByRole('region', { name: 'Tags by frequency' }).getByRole('row').nth(1).waitFor()
  await page.getByText(/tags were given to no document of this batch/).waitFor()
  await page.getByRole('rowheader', { name: 'Calls of the model' }).waitFor()
  for (const summary of await page.locator('summary').all()) await summary.click()
  await page.getByRole('region', { name: 'Table of Tokens a day' }).getByRole('row').nth(14).waitFor()
  await expectAccessible(page)
  for (const view of ['try', 'batches', `batches/${body.id}`, `review/${body.id}`, 'insight']) {
    await page.goto(`${url}/#/${view}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect([view, await page.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([view, true])
  }
  expect(troubles).toEqual([])
})
