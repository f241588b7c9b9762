import { expect, test } from 'vitest'
import { startBatchService } from '../support/batch-service.ts'
import { expectAccessible, openPage, startBrowser } from '../support/browser.ts'
import { emptyFolder } from '../support/command.ts'
import { serveInProcess } from '../support/serve-in-process.ts'

test('without a model and a key the page paints before any call of the API, and tags a sample', async () => {
  const { url } = await serveInProcess({ DATA_DIR: emptyFolder() })
  const { page, troubles } = await openPage(await startBrowser())
  const held = Promise.withResolvers<void>()
  await page.route(/\/prompts/, async route => {
    await held.promise
    await route.continue()
  })
  await page.goto(url)
  await page.getByRole('heading', { name: 'Try a text' }).waitFor()
  held.resolve()
  await page.getByRole('button', { name: 'retis' }).click()
  await page.keyboard.press('Control+Enter')
  const tags = page.getByRole('list', { name: 'Tags', exact: true }).getByRole('listitem')
  await tags.first().waitFor()
  expect(await tags.count()).toBeGreaterThan(0)
  await expectAccessible(page)
  expect(troubles).toEqual([])
})

test('a failing endpoint is shown as such, with what it was to be shown, and never as an empty answer', async () => {
  const { url, provider } = await startBatchService({ env: { UPSTREAM_ATTEMPTS: '1' } })
  provider.setFaults({ shares: { server_error: 1 } })
  const { page, troubles } = await openPage(await startBrowser())
  await page.goto(url)
  await page.getByLabel('Text', { exact: false }).first().fill('# A router\n\nRoutes packets.')
  await page.getByRole('button', { name: 'Ask for tags' }).click()
  const alert = page.getByRole('alert')
  await alert.waitFor()
  expect(await alert.textContent()).toContain('upstream_unavailable')
  expect(await page.getByText('Nothing on the list fits').count()).toBe(0)
  await page.getByText(/^Messages: 2/).waitFor()
  await expectAccessible(page)
  expect(troubles).toEqual([])
})

test('an edited list is what is sent, and two columns are asked and compared', async () => {
  const { url, provider } = await startBatchService()
  const { page, troubles } = await openPage(await startBrowser())
  await page.goto(`${url}/#/try`)
  await page.getByRole('button', { name: 'a search tool' }).click()
  await page.getByText('Tag list:').click()
  await page.getByRole('button', { name: 'Edit as text' }).click()
  await page.getByRole('textbox', { name: /^Tags/ }).fill('7, search\n8, cooking, what is about food\nx-9, <b>bold</b>')
  await page.getByRole('button', { name: 'Use this list' }).click()
  await page.getByLabel('Filter or add').fill('networks')
  await page.getByRole('button', { name: 'Add “networks”' }).click()
  await page.getByText('4 tags, edited here').first().waitFor()
  await page.getByRole('button', { name: 'Remove cooking' }).click()
  await page.getByRole('button', { name: 'Compare two' }).click()
  await page.getByLabel('Prompt').nth(1).selectOption('assign-tags-verbatim')
  await page.getByRole('button', { name: 'Ask for tags' }).click()
  await page.getByText(/same tags|The columns share/).waitFor()
  expect(await page.getByRole('region', { name: /^Column [AB]$/ }).count()).toBe(2)
  const sent = provider.requests.map(({ body }) => JSON.stringify(body))
  expect(sent).toHaveLength(2)
  for (const body of sent) {
    expect(body).toContain('<b>bold</b>')
    expect(body).toContain('networks')
    expect(body).not.toContain('cooking')
  }
  expect(new URL(page.url()).hash).toContain('against=assign-tags-verbatim')
  await expectAccessible(page)
  expect(troubles).toEqual([])
})
