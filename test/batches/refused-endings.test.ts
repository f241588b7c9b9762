import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { clientOf, ended, resultsOf, someLines } from '../support/batch-service.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { serveInProcess } from '../support/serve-in-process.ts'
import { postgresPrograms, startTemporaryPostgres, type TemporaryPostgres } from '../support/temporary-postgres.ts'

const programs = postgresPrograms()

describe.skipIf(programs === undefined)('endings that the database does not take', () => {
  let server: TemporaryPostgres
  beforeAll(async () => {
    server = await startTemporaryPostgres(programs!)
  })
  afterAll(() => server?.stop())

  async function start() {
    const asked: string[] = []
    const provider = await startFakeProvider({
      latencyMs: 20,
      choose: ({ document, allowed }) => {
        asked.push(/number (\d+)/u.exec(document)?.[1] ?? '')
        return allowed.slice(0, 1)
      },
    })
    onTestFinished(() => provider.close())
    const service = await serveInProcess({
      OPENAI_BASE_URL: provider.url,
      OPENAI_MODEL: provider.dialect.model,
      DATABASE_URL: server.url,
      BATCH_CONCURRENCY: '4',
      REQUEST_TIMEOUT_MS: '10000',
      CACHE_ENTRIES: '0',
      LOG_LEVEL: 'info',
    })
    const client = new pg.Client({ connectionString: server.url, options: '-c search_path=tagsmith' })
    await client.connect()
    onTestFinished(() => client.end())
    return { asked, client, url: service.url, ...clientOf(service.url) }
  }

  test('for one batch hold up no other, and are written once they are taken', async () => {
    const { asked, client, submit, until } = await start()
    const { body: locked } = await submit(someLines(40))
    await until(locked.id, ({ request_counts: { completed } }) => completed > 0)
    await client.query('begin')
    await client.query('select 1 from batch where id = $1 for update', [locked.id])
    const { body: other } = await submit(someLines(40, 1_000))
    expect(await until(other.id, ended)).toMatchObject({ request_counts: { completed: 40 } })
    expect(await until(locked.id, () => true)).toMatchObject({ status: 'in_progress' })
    await client.query('rollback')
    expect(await until(locked.id, ended)).toMatchObject({ request_counts: { completed: 40, failed: 0 } })
    expect(new Set(asked).size).toBe(asked.length)
  })

  test('for what is in one of them fail that item alone', async () => {
    const { asked, client, submit, until, url } = await start()
    await client.query(`
      create function refuse() returns trigger language plpgsql as $$
        begin
          if new.succeeded and new.custom_id = '7' then raise exception 'refused' using errcode = '22021'; end if;
          return new;
        end $$;
      create trigger refuse before insert on result for each row execute function refuse()`)
    onTestFinished(async () => void (await client.query('drop function refuse cascade')))
    const { body } = await submit(someLines(20))
    expect(await until(body.id, ended)).toMatchObject({ request_counts: { completed: 19, failed: 1 } })
    const failed = (await resultsOf(url, body.id)).filter(({ error }) => error)
    expect(failed).toMatchObject([{ id: 7, error: { code: 'internal' } }])
    expect(new Set(asked).size).toBe(asked.length)
  })
})
