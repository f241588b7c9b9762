import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { expectAccessible, openPage, startBrowser } from '../support/browser.ts'
import { emptyFolder } from '../support/command.ts'
import { runInProcess } from '../support/terminal.ts'

test('the HTML report stands alone in a browser, in light and dark, and fits a narrow window', async () => {
  const folder = emptyFolder()
  const html = join(folder, 'report.html')
  const { exitCode } = await runInProcess([
    ...['evaluate', 'test/fixtures/gold/invented-projects.jsonl', '--answers', join(folder, 'answers'), '--html', html],
    ...['--prompt', 'assign-tags', '--prompt', 'assign-tags-verbatim', '--min', 'set-f1=0.6'],
  ])
  expect([0, 100]).toContain(exitCode)
  const { page, troubles } = await openPage(await startBrowser(), { viewport: { width: 420, height: 800 } })
  const loaded: string[] = []
  page.on('request', request => loaded.push(request.url()))
  const { href } = pathToFileURL(html)
  await page.goto(href)
  expect([loaded, troubles]).toEqual([[href], []])
  await page.locator('summary').first().click()
  expect(await page.locator('details[open]').first().innerText()).toMatch(/expected .*\n.*given .*\n.*missing /s)
  expect(await page.getByRole('img', { name: /share of wrong answers/i }).count()).toBe(2)
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(420)
  await expectAccessible(page)
})
