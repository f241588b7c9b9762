import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { filterTags, foldTags } from '../../src/page/try/tags.ts'
import { openSqliteStore } from '../../src/store/index.ts'
import { spawnCommand, untilListening } from '../support/server-process.ts'

const rounds = 200
const milliseconds = (times: readonly number[], share: number) =>
  times.toSorted((left, right) => left - right)[Math.floor(share * (times.length - 1))]!.toFixed(2)
const say = (what: string, times: readonly number[]) =>
  process.stdout.write(`${what}: ${milliseconds(times, 0.5)} ms at the median, ${milliseconds(times, 1)} ms at most\n`)

const folded = foldTags(Array.from({ length: 5_000 }, (_, id) => ({ id, name: `tag number ${id} of a long list` })))
const typed = Array.from({ length: rounds }, (_, round) => {
  const began = performance.now()
  filterTags(folded, String(round * 7))
  return performance.now() - began
})
say('5,000 tags filtered', typed)

const directory = mkdtempSync(join(tmpdir(), 'tagsmith-'))
const store = await openSqliteStore({ directory })
const created = {
  id: 'b',
  key: 'k',
  idempotencyKey: null,
  traceparent: null,
  settings: '{}',
  delivery: 'live',
} as const
await store.createBatch({ ...created, maxCostUsd: null, maxTokens: null, createdAt: Date.now() })
const output = JSON.stringify({ code: 'invalid_request', detail: 'Not valid.', retryable: false })
for (let from = 0; from < 100_000; from += 10_000)
  await store.appendItems(
    'b',
    Array.from({ length: 10_000 }, (_, index) => ({
      seq: from + index,
      customId: '1',
      outcome: 'invalid_request',
      output,
    })),
  )
const read: number[] = []
for (let round = 0; round < rounds; round += 1) {
  const began = performance.now()
  const page = await store.readResults('b', { after: round * 499, limit: 51, succeeded: false })
  read.push(performance.now() - began)
  if (page.length !== 51) throw new Error('The page is not whole.')
}
say('a page of 50 of 100,000 items read', read)
await store.close()

const service = await untilListening(
  spawnCommand(['serve'], { env: { PORT: '0', DATA_DIR: directory }, cwd: directory }),
)
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
try {
  const page = await browser.newPage()
  await page.goto(service.url)
  await page.getByText(/^Tag list: \d/).click()
  await page.getByRole('button', { name: 'Edit as text' }).click()
  await page.getByRole('textbox', { name: /^Tags/ }).waitFor()
  const lines = Array.from({ length: 5_000 }, (_, id) => `${id}, tag number ${id} of a long list`).join('\n')
  // Typed by the browser, so many lines would take it minutes.
  await page.evaluate(`(() => {
    const box = document.querySelector('details[open] textarea')
    box.value = ${JSON.stringify(lines)}
    box.dispatchEvent(new Event('input', { bubbles: true }))
  })()`)
  await page.getByRole('button', { name: 'Use this list' }).click()
  await page.getByText('5,000 tags, edited here; the first 100 are shown').waitFor()
  // Preact renders in a microtask; asking for a height makes the browser lay out what was rendered.
  const drawn = (await page.evaluate(`(async () => {
    const input = document.querySelector('details[open] input[type=search]')
    const times = []
    for (let round = 0; round < ${rounds}; round += 1) {
      await new Promise(requestAnimationFrame)
      const began = performance.now()
      input.value = String(round * 7)
      input.dispatchEvent(new Event('input', { bubbles: true }))
      await null
      await null
      document.querySelector('ul.tags').getBoundingClientRect()
      times.push(performance.now() - began)
    }
    return times
  })()`)) as number[]
  say('a key typed over 5,000 tags in Chromium, filtered and laid out (a frame is 16.7 ms)', drawn)
} finally {
  await browser.close()
  service.child.kill()
  await service.ended
  rmSync(directory, { recursive: true })
}
