import type { Route } from 'playwright-core'
import { expect, test } from 'vitest'
import { createApiKey } from '../../src/core/api-key.ts'
import { ended, someLines, startBatchService } from '../support/batch-service.ts'
import { expectAccessible, openPage, startBrowser } from '../support/browser.ts'
import { emptyFolder, startServer } from '../support/command.ts'

test('every view is accessible while it is empty, and with its help and forms open', async () => {
  const { url } = await startServer({ DATA_DIR: emptyFolder() })
  const { page, troubles } = await openPage(await startBrowser())
  for (const [view, words] of [
    ['try', 'Tag list: 90 tags'],
    ['batches', 'There is no batch yet.'],
    ['review', 'No batch has an answer yet.'],
    ['insight', 'none yet'],
  ] as const) {
    await page.goto(`${url}/#/${view}`)
    await page.getByText(words).first().waitFor({ state: 'attached' })
    await expectAccessible(page)
  }
  await page.goto(`${url}/#/try`)
  await page.getByRole('button', { name: 'API key' }).click()
  await page.getByText('Tag list: 90 tags').click()
  await page.getByLabel('Filter or add').fill('a tag that is not there')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Edit as text' }).click()
  await page.getByRole('textbox', { name: /^Tags/ }).fill('7')
  await page.getByRole('button', { name: 'Use this list' }).click()
  await page.getByRole('alert').waitFor()
  await expectAccessible(page)
  expect(troubles).toEqual([])
})

test('every view is accessible without a key that it needs, and says where one is entered', async () => {
  const people = createApiKey('people', { opens: ['classify', 'batch', 'admin'], limits: {} })
  const { url } = await startServer({ DATA_DIR: emptyFolder(), API_KEYS: people.line })
  const { page, troubles } = await openPage(await startBrowser())
  for (const view of ['try', 'batches', 'batches/batch_1', 'review', 'review/batch_1', 'insight']) {
    await page.goto(`${url}/#/${view}`)
    await page.getByText('Enter a key with the button').first().waitFor()
    await expectAccessible(page)
  }
  await page.getByRole('button', { name: 'API key' }).click()
  await page.getByLabel('Key', { exact: false }).last().fill(people.key)
  await page.getByRole('button', { name: 'Use it' }).click()
  await page.getByText('Time, since the service was started').waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(troubles).toEqual([])
})

test('the review is accessible as a choice of batches, with its keys shown, a search, an error, and at its end', async () => {
  const { url, submit, until } = await startBatchService()
  const { body } = await submit(someLines(1), { query: '?min_confidence=0' })
  await until(body.id, ended)
  let isCut = true
  const routes = { '**/feedback': (route: Route) => (isCut ? route.abort() : route.continue()) }
  const { page, troubles } = await openPage(await startBrowser(), { routes })
  await page.goto(`${url}/#/review`)
  await page.getByText('1 answer').waitFor()
  await expectAccessible(page)
  await page.getByText('1 answer').click()
  await page.locator('section[aria-label="Review area"][aria-busy="false"]').waitFor()
  await page.keyboard.press('?')
  await page.keyboard.press('/')
  await page.keyboard.type('net')
  await page.getByRole('list', { name: 'Tags found' }).waitFor()
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').waitFor()
  await expectAccessible(page)
  isCut = false
  await page.keyboard.press('Enter')
  await page.getByText('That was the last one.').waitFor()
  await expectAccessible(page)
  expect(troubles).toEqual([])
})

test('a batch is accessible with an error and with nothing answered; an address that leads nowhere says so', async () => {
  const { url, submit, until } = await startBatchService()
  const { body } = await submit('{"id":"blank","text":" "}\n')
  await until(body.id, ended)
  const { page, troubles } = await openPage(await startBrowser())
  await page.goto(`${url}/#/batches/${body.id}`)
  await page.getByText('There is nothing here yet.').waitFor()
  await expectAccessible(page)
  for (const address of ['batches/batch_nowhere', 'review/batch_nowhere', 'insight?batch=batch_nowhere']) {
    await page.goto(`${url}/#/${address}`)
    await page.getByRole('alert').getByText('unknown_batch').waitFor()
    await expectAccessible(page)
  }
  expect(troubles).toEqual([])
})
