import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Page, Route } from 'playwright-core'
import { expect, test } from 'vitest'
import { startBatchService } from '../support/batch-service.ts'
import { expectAccessible, openPage, startBrowser } from '../support/browser.ts'
import { emptyFolder } from '../support/command.ts'
import { serveInProcess } from '../support/serve-in-process.ts'

test('without a model and a key the page paints before any call of the API, and tags a sample', async () => {
  const { url } = await serveInProcess({ DATA_DIR: emptyFolder() })
  const held = Promise.withResolvers<void>()
  const routes = { '**/prompts**': (route: Route) => held.promise.then(() => route.continue()) }
  const { page, troubles } = await openPage(await startBrowser(), { routes })
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

const ask = async (page: Page, text: string) => {
  await page.getByRole('textbox', { name: /^Text/ }).fill(text)
  await page.getByRole('button', { name: 'Ask for tags' }).click()
}

test('what the model wrote is shown word for word, also when it was no answer', async () => {
  const { url } = await startBatchService()
  const { page, troubles } = await openPage(await startBrowser())
  await page.goto(url)
  await ask(page, '# A router\n\nRoutes packets.')
  await page.getByText(/^Reply of the model: /).click()
  const reply = page.getByRole('region', { name: 'Reply 1 of the model, as it was written' })
  expect(JSON.parse((await reply.textContent())!)).toHaveProperty('tags')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Ask for tags' }).click()
  await page.getByText('none: ask anew, past the cache, to see one').waitFor()
  await ask(page, '# A switch [[fake:off_list]]')
  await page.getByRole('alert').getByText('invalid_reply').waitFor()
  await page.getByText(/^Reply of the model 2 of 2: /).click()
  await page.getByRole('region', { name: 'Reply 2 of the model, as it was written' }).waitFor()
  expect(troubles).toEqual([])
})

test('each column asks the endpoint that is chosen for it, which the address keeps', async () => {
  const { url, provider } = await startBatchService({ env: { FALLBACK_TO_RANKER: 'true' } })
  const { page, troubles } = await openPage(await startBrowser())
  await page.goto(url)
  await page.getByRole('button', { name: 'Compare two' }).click()
  await page.getByLabel('Endpoint').nth(1).selectOption('embedded-ranker')
  await ask(page, '# A router\n\nRoutes packets.')
  await page.getByRole('region', { name: 'Column B' }).getByText('embedded-ranker', { exact: true }).waitFor()
  expect(provider.count()).toBe(1)
  expect(new URL(page.url()).hash).toContain('at2=embedded-ranker')
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Copy as command' }).click()
  const copied = () => page.evaluate<string>('navigator.clipboard.readText()')
  await expect.poll(copied).toContain('npx tagsmith classify')
  const [first, second] = (await copied()).split(' --details')
  expect([first, second]).toEqual([
    expect.not.stringContaining('--endpoint'),
    expect.stringMatching(/ --endpoint 'embedded-ranker'$/),
  ])
  await page.reload()
  expect(await page.getByLabel('Endpoint').nth(1).inputValue()).toBe('embedded-ranker')
  expect(troubles).toEqual([])
})

test('an answer that is right goes into gold by /feedback, and is taken back', async () => {
  const { url } = await serveInProcess({ DATA_DIR: emptyFolder() })
  const { page, troubles } = await openPage(await startBrowser())
  await page.goto(url)
  await page.getByRole('button', { name: 'retis' }).click()
  await page.keyboard.press('Control+Enter')
  await page.getByRole('button', { name: 'This is right: add to gold' }).click()
  await page.getByText('Gold of this tab: 1 text').waitFor()
  const given = async () => (await fetch(`${url}/feedback?format=entries`)).text()
  const tags = await page.getByRole('list', { name: 'Tags', exact: true }).getByRole('listitem').count()
  expect(JSON.parse(await given())).toMatchObject({
    rejected: [],
    none: false,
    by: expect.stringMatching(/^reviewer-/),
  })
  expect(JSON.parse(await given()).accepted).toHaveLength(tags)
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download gold.jsonl' }).click(),
  ])
  const gold = JSON.parse(await readFile(await file.path(), 'utf8'))
  expect(gold.text).toBe(readFileSync('src/page/samples/retis.md', 'utf8'))
  expect(gold.tags).toHaveLength(tags)
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Take it out of gold' }).click()
  await page.getByRole('button', { name: 'This is right: add to gold' }).waitFor()
  expect(await given()).toBe('')
  expect(troubles).toEqual([])
})

test('which of two prompts is better is counted over the texts that were dropped', async () => {
  const { url } = await startBatchService()
  const { page, troubles } = await openPage(await startBrowser())
  await page.goto(url)
  await page.getByLabel('Files', { exact: true }).setInputFiles(
    ['router', 'cook'].map(name => ({
      name: `${name}.md`,
      mimeType: 'text/markdown',
      buffer: Buffer.from(`# A ${name}`),
    })),
  )
  await page.getByRole('button', { name: 'Compare two' }).click()
  expect(await page.getByLabel('Prompt').nth(1).inputValue()).toBe('assign-tags-verbatim')
  for (const [name, better] of [
    ['router.md', 'A is better'],
    ['cook.md', 'B is better'],
  ] as const) {
    await page.getByRole('button', { name }).click()
    await page.getByRole('button', { name: 'Ask for tags' }).click()
    await page.getByRole('status').getByText(name).waitFor()
    await page.getByRole('button', { name: better }).click()
  }
  await page
    .getByText('Of 2 texts: A (assign-tags) better on 1, B (assign-tags-verbatim) on 1, neither on 0.')
    .waitFor()
  await expectAccessible(page)
  expect(troubles).toEqual([])
})
