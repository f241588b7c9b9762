import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { changedDocuments } from '../../src/page/insight/evaluation-runs.ts'
import type { Report } from '../../src/quality/index.ts'
import { ended, someLines, startBatchService } from '../support/batch-service.ts'
import { expectAccessible, openPage, startBrowser } from '../support/browser.ts'
import { emptyFolder, runCommand } from '../support/command.ts'
import type { FakeProviderOptions } from '../support/fake-provider/server.ts'

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

test('two runs of an evaluation stand side by side: the paired sentence, and the documents that changed alone', async () => {
  // Another answer by the shorter prompt for some of the documents.
  const choose: FakeProviderOptions['choose'] = ({ allowed, messages, document }) => {
    const isOther = messages.length === 1 && document.length % 2 === 0
    return allowed.includes(36) ? [isOther ? 57 : 36] : [isOther ? 'observability' : 'networking']
  }
  const { url, env } = await startBatchService({ provider: { choose } })
  const folder = emptyFolder()
  const file = join(folder, 'run.json')
  const gold = 'test/fixtures/gold/invented-projects.jsonl'
  const prompts = ['--prompt', 'assign-tags', '--prompt', 'assign-tags-verbatim']
  const ran = await runCommand(['evaluate', resolve(gold), ...prompts, '--limit', '40', '--json', file], { env })
  expect(ran).toMatchObject({ exitCode: 0 })
  const sentence = ran.stdout.split('\n').find(line => line.includes(' against '))!
  const { variants } = JSON.parse(readFileSync(file, 'utf8')) as Report
  const { page, troubles } = await openPage(await startBrowser())
  await page.goto(`${url}/#/insight`)
  const files = page.getByLabel('Runs', { exact: false }).and(page.locator('input'))
  await files.setInputFiles({ name: 'other.json', mimeType: 'application/json', buffer: Buffer.from('{"a":1}') })
  await page.getByText('other.json is not what').waitFor()
  await files.setInputFiles(file)
  await page.getByText(sentence, { exact: true }).waitFor()
  const changed = changedDocuments(variants[0]!, variants[1]!)
  expect(changed.length).toBeGreaterThan(0)
  expect(changed.length).toBeLessThan(40)
  const rows = page.getByRole('region', { name: 'Table of changed documents' }).getByRole('row')
  expect(await rows.count()).toBe(changed.length + 1)
  await page.getByText('All measures').click()
  await expectAccessible(page)
  expect(troubles).toEqual([])
})
