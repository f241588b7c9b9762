import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { runWithKills } from './support/kill-run.ts'

// The short form; `node test/bench/durability.ts` is the long one, on both stores.
test('a service that is killed again and again ends its batch with each answer once', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tagsmith-kill-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const concurrency = 16
  const report = await runWithKills({
    ...{ items: 300, kills: 4, concurrency, latencyMs: 60, longestLifeMs: 600 },
    env: { DATA_DIR: directory },
  })
  expect(report).toMatchObject({ lost: 0, duplicated: 0, outOfOrder: 0, failed: 0, acknowledgedThenRecalled: 0 })
  expect(report.phases).toMatchObject({ upload: 1, run: expect.any(Number) })
  expect(Math.max(...report.recalledByKill)).toBeLessThanOrEqual(concurrency)
  const database = new DatabaseSync(join(directory, 'tagsmith.sqlite'))
  expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
  database.close()
})
