import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openLedger } from '../../src/accounting/ledger.ts'
import { createStoredAnswers } from '../../src/answers/stored-answers.ts'
import { unknownUsage } from '../../src/core/usage.ts'
import { openPostgresStore } from '../../src/store/postgres/open.ts'
import { aBatch, finished, returned, someItems } from '../support/store-builders.ts'
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
  })
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

  test('items that wait, workers that are alive and workers that are dead are told apart, wherever the clock of the server is set', async () => {
    const url = await aSchema()
    const leaseMs = 1_500
    const store = await openPostgresStore({ url, leaseMs })
    const client = new pg.Client(url)
    await client.connect()
    const clockGoes = (direction: '+' | '-') =>
      client.query(`update worker set seen = seen ${direction === '+' ? '-' : '+'} interval '1 day';
        update item set ready_at = ready_at ${direction === '+' ? '-' : '+'} interval '1 day'`)
    for (const worker of ['alive', 'dead', 'other']) await store.joinWorker(worker)
    await store.createBatch(aBatch('b1'))
    await store.appendItems('b1', someItems(3))
    await store.sealBatch('b1')
    const [waiting] = await store.claimItems({ worker: 'alive', batchId: 'b1' }, 1)
    await store.claimItems({ worker: 'alive', batchId: 'b1' }, 1)
    await store.claimItems({ worker: 'dead', batchId: 'b1' }, 1)
    await store.giveBackItems({ worker: 'alive', batchId: 'b1' }, [returned(waiting!.seq, { delayMs: 60_000 })])
    const claimed: number[] = []
    const take = async () => {
      await store.heartbeat('other')
      claimed.push(...(await store.claimItems({ worker: 'other', batchId: 'b1' }, 9)).map(({ seq }) => seq))
    }
    // As if it had gone forward: all were heard of a day ago.
    await clockGoes('+')
    await store.heartbeat('alive')
    await take()
    expect(claimed).toEqual([0])
    // And back, to where nothing has happened yet.
    await clockGoes('-')
    await clockGoes('-')
    await vi.waitFor(
      async () => {
        expect(await store.heartbeat('alive')).toBe(true)
        await take()
        expect(claimed).toEqual([0, 2])
      },
      { timeout: 30_000, interval: 200 },
    )
    await client.end()
    await store.close()
  })

  test('a server that is killed is named, and used again when it is back', async () => {
    const store = await openPostgresStore({ url: await aSchema() })
    await store.createBatch(aBatch('b1'))
    await server.kill()
    await expect(store.readBatch('b1')).rejects.toMatchObject({ code: 'store_unreachable' })
    await server.start()
    expect(await store.readBatch('b1')).toMatchObject({ id: 'b1' })
    await store.close()
  })

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
    const usage = { ...unknownUsage, input_tokens: 100, output_tokens: 10 }
    const call = { endpoint: 'e', model: 'm', result: 'reply', usage, cost_usd: null }
    for (const { ledger } of replicas) ledger.book('a', call)
    for (const { ledger } of replicas)
      await expect.poll(() => ledger.spentToday('a')).toEqual({ tokens: 330, usd: 1.5 })
    for (const { store, ledger } of replicas) await ledger.close().then(store.close)
  })

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
    const answers = createStoredAnswers({ cache, timeoutMs: 50, log: { warn, info: warn } })
    expect(await answers.get('k')).toBeUndefined()
    expect(await answers.get('k')).toBeUndefined()
    expect([asked, log.length]).toEqual([1, 1])
    await client.end()
    await store.close()
  })

  describe('the schema of the tables', () => {
    const query = async (url: string, text: string) => {
      const client = new pg.Client(url)
      await client.connect()
      const { rows } = await client.query(text).finally(() => client.end())
      return rows
    }
    let databases = 0
    const aDatabase = async () => {
      databases += 1
      await query(server.url, `create database d${databases}`)
      return server.url.replace(/postgres$/, `d${databases}`)
    }
    const tablesIn = async (url: string) => {
      const rows = await query(url, "select schemaname, tablename from pg_tables where schemaname !~ '^(pg_|inf)'")
      return Object.groupBy(rows as { schemaname: string; tablename: string }[], ({ schemaname }) => schemaname)
    }

    test('it is their own, so an application keeps tables of the same names', async () => {
      const url = await aDatabase()
      await query(
        url,
        'create table item (name text); create table usage (month text); create table migration (id int)',
      )
      const store = await openPostgresStore({ url })
      await store.createBatch(aBatch('b1'))
      await store.close()
      const { public: others, tagsmith } = await tablesIn(url)
      expect(others?.map(({ tablename }) => tablename).sort()).toEqual(['item', 'migration', 'usage'])
      expect(tagsmith?.map(({ tablename }) => tablename)).toEqual(expect.arrayContaining(['batch', 'item', 'usage']))
    })

    test('tables of an earlier version move into it with all they hold, whoever of the replicas comes first', async () => {
      const url = await aDatabase()
      const earlier = await openPostgresStore({ url: `${url}?options=-c%20search_path%3Dpublic` })
      await earlier.createBatch(aBatch('b1'))
      await earlier.appendItems('b1', someItems(3))
      await earlier.sealBatch('b1')
      await earlier.close()
      expect(Object.keys(await tablesIn(url))).toEqual(['public'])
      const stores = await Promise.all([openPostgresStore({ url }), openPostgresStore({ url })])
      const lease = { worker: 'w1', batchId: 'b1' }
      await stores[0].joinWorker('w1')
      const items = await stores[0].claimItems(lease, 9)
      await stores[1].finishItems(
        lease,
        items.map(item => finished(item)),
      )
      expect(await stores[1].readBatch('b1')).toMatchObject({ status: 'completed', succeeded: 3 })
      for (const store of stores) await store.close()
      expect(Object.keys(await tablesIn(url))).toEqual(['tagsmith'])
    })

    test('a user who may not make it is told how it is made, and one who need not is let in', async () => {
      const url = await aDatabase()
      await query(url, 'create role plain login')
      const asPlain = url.replace('tagsmith@', 'plain@')
      await expect(openPostgresStore({ url: asPlain })).rejects.toMatchObject({
        ...{ code: 'store_read_only', message: expect.stringContaining('create schema tagsmith authorization') },
      })
      await query(url, 'create schema tagsmith authorization plain')
      await (await openPostgresStore({ url: asPlain })).close()
    })
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
