import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { aBatch, finished, someItems } from '../support/store-builders.ts'
import { storeContract } from './batch-store.contract.ts'

const directories: string[] = []
function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tagsmith-store-'))
  directories.push(directory)
  return directory
}
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

storeContract('sqlite', options => openSqliteStore({ directory: aDirectory(), ...options }))

test('what was answered is there after closing and opening again, and leases are not', async () => {
  const directory = aDirectory()
  const lease = { worker: 'w1', batchId: 'b1' }
  const first = await openSqliteStore({ directory })
  await first.joinWorker('w1')
  await first.createBatch(aBatch('b1'))
  await first.appendItems('b1', someItems(3))
  await first.sealBatch('b1')
  const [item] = await first.claimItems(lease, 2)
  await first.finishItems(lease, [finished(item!)])
  await first.close()

  const second = await openSqliteStore({ directory })
  await second.joinWorker('w2')
  expect(await second.finishItems(lease, [finished({ seq: 1, customId: 'item-1' })])).toEqual([])
  const again = await second.claimItems({ worker: 'w2', batchId: 'b1' }, 9)
  expect(again.map(({ seq, attempts }) => [seq, attempts])).toEqual([
    [1, 2],
    [2, 1],
  ])
  await second.close()
})

test('a second process is refused at once, and the first goes on', async () => {
  const directory = aDirectory()
  const store = await openSqliteStore({ directory })
  const opener = `import { openSqliteStore } from './src/store/sqlite/open.ts'
    await openSqliteStore({ directory: ${JSON.stringify(directory)} }).catch(error => process.stdout.write(error.code + ' ' + error.message))`
  const started = performance.now()
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', opener])
  expect(stdout).toMatch(/^store_locked The data directory .+ is in use by another process/)
  // Most of that is the start of the process, on a machine that has other work to do.
  expect(performance.now() - started).toBeLessThan(60_000)
  await store.createBatch(aBatch('b1'))
  await store.close()
})

test('a full disk is named, loses nothing, and the store stays readable', async () => {
  const directory = aDirectory()
  const store = await openSqliteStore({ directory, maxBytes: 300_000 })
  await store.createBatch(aBatch('b1'))
  const append = async () => {
    for (let from = 0; ; from += 100) await store.appendItems('b1', someItems(100, from))
  }
  await expect(append()).rejects.toMatchObject({ code: 'store_full', message: expect.stringContaining(directory) })
  const { total } = (await store.readBatch('b1'))!
  expect(total % 100).toBe(0)
  await store.close()
  const reopened = await openSqliteStore({ directory })
  expect(await reopened.appendItems('b1', someItems(10, total))).toMatchObject({ total: total + 10 })
  await reopened.close()
})

test('a directory that cannot be written to is named', async () => {
  const file = join(aDirectory(), 'file')
  writeFileSync(file, '')
  await expect(openSqliteStore({ directory: join(file, 'data') })).rejects.toMatchObject({ code: 'store_read_only' })
})

test('a file that is no database is refused and left as it is', async () => {
  const directory = aDirectory()
  const file = join(directory, 'tagsmith.sqlite')
  writeFileSync(file, 'this is not a database, and long enough to be taken for one '.repeat(20))
  const before = readFileSync(file)
  await expect(openSqliteStore({ directory })).rejects.toMatchObject({ code: 'store_damaged' })
  expect(readFileSync(file)).toEqual(before)
})

test('a schema newer than the code is refused and left as it is', async () => {
  const directory = aDirectory()
  await (await openSqliteStore({ directory })).close()
  const database = new DatabaseSync(join(directory, 'tagsmith.sqlite'))
  database.exec('insert into migration values (99, 0)')
  database.close()
  await expect(openSqliteStore({ directory })).rejects.toMatchObject({
    code: 'store_too_new',
    message: expect.stringContaining('version 99'),
  })
})
