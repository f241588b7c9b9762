import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { openPage, startBrowser } from '../support/browser.ts'
import { emptyFolder } from '../support/command.ts'
import { serveInProcess } from '../support/serve-in-process.ts'

const rankerAlone = () => serveInProcess({ DATA_DIR: emptyFolder() })

/** A page of somebody else, on another port of this machine. */
async function foreignPage(): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Another page</title>')
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise(listening => server.once('listening', listening))
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/`
}

test('a page on another port that posts plain text is refused with 403, and nothing is made', async () => {
  const { url } = await rankerAlone()
  const { page } = await openPage(await startBrowser())
  await page.goto(await foreignPage())
  const statuses: string[] = []
  page.on('response', response => statuses.push(`${new URL(response.url()).pathname} ${response.status()}`))
  for (const path of ['/batches', '/classify']) {
    const answered = page.waitForResponse(`${url}${path}`)
    await page.evaluate(
      `fetch('${url}${path}', { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' },
        body: '{"id":1,"text":"# A router"}' }).then(() => undefined, () => undefined)`,
    )
    await answered
  }
  expect(statuses).toEqual(['/batches 403', '/classify 403'])
  expect(await (await fetch(`${url}/batches`)).json()).toMatchObject({ data: [] })
})

test('a foreign name that points at the service is refused with 403', async () => {
  const { url } = await rankerAlone()
  const { port } = new URL(url)
  const { page } = await openPage(await startBrowser('--host-resolver-rules=MAP evil.example 127.0.0.1'))
  const answer = await page.goto(`http://evil.example:${port}/`)
  expect(answer?.status()).toBe(403)
  const posted = await page.evaluate(
    `fetch('/classify', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '# A router' }).then(r => r.status)`,
  )
  expect(posted).toBe(403)
})

test('the documentation works under the policy: an operation opens, is tried and answers', async () => {
  const { url } = await rankerAlone()
  const { page, troubles } = await openPage(await startBrowser())
  await page.goto(`${url}/docs/`)
  const operation = page.locator('#operations-operations-livez')
  await operation.locator('.opblock-summary-control').click()
  await operation.getByRole('button', { name: 'Try it out' }).click()
  await operation.getByRole('button', { name: 'Execute' }).click()
  await operation.locator('.live-responses-table .response-col_status', { hasText: '200' }).first().waitFor()
  expect(troubles).toEqual([])
})
