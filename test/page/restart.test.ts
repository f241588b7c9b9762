import { expect, onTestFinished, test } from 'vitest'
import { clientOf, ended, someLines } from '../support/batch-service.ts'
import { openPage, startBrowser } from '../support/browser.ts'
import { emptyFolder } from '../support/command.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { freePort, listening, spawnService } from '../support/spawned-service.ts'

test('a page that is open when the service is killed says so, and watches the batch to its end after the next start', async () => {
  const provider = await startFakeProvider({ latencyMs: 100 })
  onTestFinished(() => provider.close())
  const env = {
    ...{ PORT: String(await freePort()), DATA_DIR: emptyFolder(), BATCH_LEASE_MS: '1000', BATCH_CONCURRENCY: '4' },
    ...{ OPENAI_BASE_URL: provider.url, OPENAI_MODEL: provider.dialect.model },
  }
  const start = async () => {
    const service = spawnService(env)
    onTestFinished(() => service.signal('SIGKILL'))
    await listening(service)
    return service
  }
  const first = await start()
  const { submit, until } = clientOf(first.url)
  const { body } = await submit(someLines(200))
  const { page, troubles } = await openPage(await startBrowser())
  await page.goto(`${first.url}/#/batches/${body.id}`)
  await page.getByText('running', { exact: true }).waitFor()
  first.signal('SIGKILL')
  await first.ended
  await page.getByRole('alert').getByText('The service cannot be reached').waitFor()
  await start()
  await page.getByText('done', { exact: true }).waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
  await page.getByText('200 of 200').waitFor()
  expect(await until(body.id, ended)).toMatchObject({ request_counts: { total: 200, completed: 200, failed: 0 } })
  expect(troubles).toEqual([])
})
