import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgresStore } from '../../src/adapters/postgres-store/open.ts'
import { unknownUsage } from '../../src/domain/usage.ts'
import { openLedger } from '../../src/services/ledger.ts'
import { createStoredAnswers } from '../../src/services/stored-answers.ts'
import { aBatch, finished, someItems } from '../support/store-builders.ts'
import {
  postgresPrograms,
  schemaOf,
  startTemporaryPostgres,
  type TemporaryPostgres,
} from '../support/temporary-postgres.ts'
import { storeContract } from './batch-store.contract.ts'

const programs = postgresPrograms()
if (programs === undefined) process.stdout.write('PostgreSQL is not on this machine: its store is not tested here.\n')

describe.skipIf(programs === undefined)('on a real server', () => {
  let server: TemporaryPostgres
  let schemas = 0
  const aSchema = () => {
    schemas += 1
    return schemaOf(server.url, `s${schemas}`)
  }

  beforeAll(async () => {
    server = await startTemporaryPostgres(programs!)
  }, 60_000)
  afterAll(() => server?.stop())

  storeContract('postgres', async options => openPostgresStore({ url: await aSchema(), ...options }))

  test('replicas that start at once apply each migration once', async () => {
    const url = await aSchema()
    const stores = await Promise.all(Array.from({ length: 4 }, () => openPostgresStore({ url })))
    await stores[0]?.createBatch(aBatch('b1'))
    expect(await stores[3]?.readBatch('b1')).toMatchObject({ id: 'b1' })
    await Promise.all(stores.map(store => store.close()))
  })

  test('replicas never hand out an item twice, and count every answer', async () => {
    const url = await aSchema()
    const stores = await Promise.all(Array.from({ length: 3 }, () => openPostgresStore({ url })))
    const [first] = stores
    await first!.createBatch(aBatch('b1'))
    await first!.appendItems('b1', someItems(600))
    await first!.sealBatch('b1')
    const seqs: number[] = []
    await Promise.all(
      stores.map(async (store, index) => {
        const lease = { worker: `w${index}`, batchId: 'b1' }
        await store.joinWorker(lease.worker)
        for (;;) {
          const items = await store.claimItems(lease, 7)
          if (items.length === 0) return
          const accepted = await store.finishItems(
            lease,
            items.map(item => finished(item)),
          )
          seqs.push(...accepted)
        }
      }),
    )
    expect(seqs.sort((left, right) => left - right)).toEqual(Array.from({ length: 600 }, (_, seq) => seq))
    expect(await first!.readBatch('b1')).toMatchObject({ status: 'completed', succeeded: 600 })
    await Promise.all(stores.map(store => store.close()))
  })

  test('a server that is killed is named, and used again when it is back', async () => {
    const store = await openPostgresStore({ url: await aSchema() })
    await store.createBatch(aBatch('b1'))
    await server.kill()
    await expect(store.readBatch('b1')).rejects.toMatchObject({ code: 'store_unreachable' })
    await server.start()
    expect(await store.readBatch('b1')).toMatchObject({ id: 'b1' })
    await store.close()
  }, 60_000)

  test('a database, a user or a server that is not there is named, without the password', async () => {
    const { port } = new URL(server.url)
    for (const [url, message] of [
      [`postgres://tagsmith:secret@127.0.0.1:${port}/nowhere`, `127.0.0.1:${port}/nowhere does not exist`],
      [`postgres://nobody:secret@127.0.0.1:${port}/postgres`, 'refused the user'],
      ['postgres://tagsmith:secret@127.0.0.1:1/postgres', 'cannot be reached (ECONNREFUSED)'],
      ['mysql://tagsmith:secret@127.0.0.1/postgres', 'not of the form'],
      ['secret', 'not of the form'],
    ] as const) {
      const error = await openPostgresStore({ url }).catch(reason => reason)
      expect(error).toMatchObject({ code: 'store_unreachable', message: expect.stringContaining(message) })
      expect(error.message).not.toContain('secret')
    }
  })

  test('replicas hear of what the others spent', async () => {
    const url = await aSchema()
    const log = { info: () => {}, warn: () => {} }
    const prices = { cost: () => 0.5 }
    const noon = Date.UTC(2026, 10, 22, 12)
    const replicas = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const store = await openPostgresStore({ url })
        return { store, ledger: await openLedger({ prices, kept: { store, log }, watched: true, now: () => noon }) }
      }),
    )
    const call = { model: 'm', usage: { ...unknownUsage, input_tokens: 100, output_tokens: 10 } }
    for (const { ledger } of replicas) ledger.book('a', call)
    for (const { ledger } of replicas)
      await expect.poll(() => ledger.spentToday('a'), { timeout: 15_000 }).toEqual({ tokens: 330, usd: 1.5 })
    for (const { store, ledger } of replicas) await ledger.close().then(store.close)
  }, 60_000)

  test('a cache that is slow to answer is a miss, and the next requests do not ask it', async () => {
    const url = await aSchema()
    const store = await openPostgresStore({ url })
    await store.writeCached([{ key: 'k', value: '{}' }])
    const client = new pg.Client(url)
    await client.connect()
    await client.query('begin; lock table cache in access exclusive mode')
    let asked = 0
    const cache = {
      ...store,
      readCached: (key: string) => {
        asked += 1
        return store.readCached(key)
      },
    }
    const log: string[] = []
    const warn = (_: unknown, message: string) => log.push(message)
    const answers = createStoredAnswers({ cache, lifetime: 60_000, patience: 50, log: { warn, info: warn } })
    expect(await answers.get('k')).toBeUndefined()
    expect(await answers.get('k')).toBeUndefined()
    expect([asked, log.length]).toEqual([1, 1])
    await client.end()
    await store.close()
  })

  test('a user who may not write is told so', async () => {
    const client = new pg.Client(server.url)
    await client.connect()
    await client.query('create role reader login')
    await client.end()
    const url = server.url.replace('tagsmith@', 'reader@')
    await expect(openPostgresStore({ url })).rejects.toMatchObject({ code: 'store_read_only' })
  })

  test('a schema newer than the code is refused', async () => {
    const url = await aSchema()
    await (await openPostgresStore({ url })).close()
    const client = new pg.Client(url)
    await client.connect()
    await client.query('insert into migration values (99, now())')
    await client.end()
    await expect(openPostgresStore({ url })).rejects.toMatchObject({ code: 'store_too_new' })
  })
})
