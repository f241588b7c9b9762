import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { ofRanker, withCalibration } from '../support/calibration.ts'
import { emptyFolder, pricesFile } from '../support/command.ts'
import { type FakeProviderOptions, startFakeProvider } from '../support/fake-provider/server.ts'
import { spawnCommand } from '../support/server-process.ts'
import { freePort } from '../support/spawned-service.ts'
import { postgresPrograms, startTemporaryPostgres } from '../support/temporary-postgres.ts'
import { type ProgramOptions, runInProcess } from '../support/terminal.ts'

const about = (number: number) => `Project ${number} sorts the lines of a text file on the command line.`

/** A folder of READMEs. */
function someReadmes(count: number): string {
  const folder = emptyFolder()
  for (let number = 0; number < count; number += 1) {
    mkdirSync(join(folder, `p${number}`))
    writeFileSync(join(folder, `p${number}`, 'README.md'), `# p${number}\n\n${about(number)}\n`)
  }
  return folder
}

async function startModel(options: FakeProviderOptions = {}) {
  const provider = await startFakeProvider(options)
  onTestFinished(() => provider.close())
  const { model } = provider.dialect
  const env = {
    OPENAI_BASE_URL: provider.url,
    OPENAI_MODEL: model,
    UPSTREAM_BACKOFF_MS: '1',
    PRICES_FILE: pricesFile(model),
  }
  return { provider, env }
}

const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n').filter(Boolean)
const answersIn = (file: string) => linesOf(file).map(line => JSON.parse(line))
const tag = (args: readonly string[], options?: ProgramOptions) => runInProcess(['tag', ...args], options)

test('a second run asks nothing, and a changed, a new and a removed text are noticed', async () => {
  const { provider, env } = await startModel()
  const folder = someReadmes(20)
  const out = join(emptyFolder(), 'out.ndjson')
  const first = await tag([folder, '--to', out], { env })
  expect([first.exitCode, provider.count()]).toEqual([0, 20])
  expect(answersIn(out).map(({ id }) => id)).toContain('p7/README.md')

  const second = await tag([folder, '--to', out], { env })
  expect([second.exitCode, provider.count(), second.stderr]).toEqual([0, 20, expect.stringContaining('20 kept')])

  writeFileSync(join(folder, 'p7', 'README.md'), 'It plots charts.')
  writeFileSync(join(folder, 'p8', 'MORE.md'), 'It sends mail.')
  const third = await tag([folder, '--to', out, '--changed', '--exclude', 'p9/**'], { env })
  expect(provider.count()).toBe(22)
  expect(third.stderr).toMatch(/p7\/README\.md: text\np8\/MORE\.md: new\n/)
  expect(answersIn(out)).toHaveLength(20)
})

test('another list, prompt or number of tags asks again, and says that it is why', async () => {
  const { provider, env } = await startModel()
  const folder = someReadmes(3)
  const out = join(emptyFolder(), 'out.ndjson')
  const list = join(emptyFolder(), 'list.json')
  writeFileSync(
    list,
    JSON.stringify([
      { id: 1, name: 'cli' },
      { id: 2, name: 'web' },
    ]),
  )
  await tag([folder, '--to', out], { env })
  expect((await tag([folder, '--to', out, '--tags', list], { env })).stderr).toContain('3 to ask (list 3)')
  expect((await tag([folder, '--to', out, '--tags', list, '--max-tags', '1'], { env })).stderr).toContain('(engine 3)')
  expect(provider.count()).toBe(9)
})

test('a dry run counts and prices, and asks nothing', async () => {
  const { provider, env } = await startModel()
  const out = join(emptyFolder(), 'out.csv')
  const dry = await tag([someReadmes(5), '--to', out, '--dry-run'], { env })
  expect([dry.exitCode, provider.count()]).toEqual([0, 0])
  expect(dry.stderr).toMatch(/^5 items: 5 to ask \(new 5\), for \$0\.\d{4} to \$0\.\d{4}\n$/)
  expect((await tag([someReadmes(5), '--to', out, '--dry-run'])).stderr).toContain('at no cost')
})

test('a run that may cost more than --confirm-usd asks on a terminal, and does not begin elsewhere', async () => {
  const { provider, env } = await startModel()
  const folder = someReadmes(3)
  const args = [folder, '--to', join(emptyFolder(), 'out.csv'), '--confirm-usd', '0']
  expect(await tag(args, { env })).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('nobody is there to ask'),
  })
  expect((await tag(args, { env, isTerminal: true, stdin: 'n\n' })).exitCode).toBe(2)
  expect(provider.count()).toBe(0)
  expect((await tag(args, { env, isTerminal: true, stdin: 'y\n' })).exitCode).toBe(0)
  expect(provider.count()).toBe(3)
})

test('a terminal sees a bar that is drawn again, everything else lines', async () => {
  const { env } = await startModel({ latencyMs: 60 })
  const folder = someReadmes(12)
  const run = (isTerminal: boolean) =>
    tag([folder, '--to', join(emptyFolder(), 'out.csv')], { env: { ...env, BATCH_CONCURRENCY: '2' }, isTerminal })
  expect((await run(true)).stderr).toMatch(/K\[#+\.*\] \d+ of 12, [\d.]+ a second/)
  expect((await run(false)).stderr).not.toContain('\x1b')
  // Nothing for NO_COLOR to turn off.
  expect((await run(true)).stderr.replaceAll('\x1b[K', '')).not.toContain('\x1b')
})

test('--max-usd ends the run with what is done, and the same command goes on', async () => {
  const { provider, env } = await startModel()
  const folder = someReadmes(30)
  const out = join(emptyFolder(), 'out.ndjson')
  const serial = { ...env, BATCH_CONCURRENCY: '1' }
  const capped = await tag([folder, '--to', out, '--max-usd', '0.0000001'], { env: serial })
  expect([capped.exitCode, capped.stderr]).toEqual([1, expect.stringContaining('what --max-usd allows')])
  const asked = provider.count()
  expect(asked).toBeLessThan(5)
  expect([answersIn(out).length, answersIn(`${out}.failed`).length]).toEqual([asked, 30 - asked])
  expect(answersIn(`${out}.failed`)[0]).toMatchObject({ code: 'not_asked' })
  expect((await tag([folder, '--to', out], { env })).exitCode).toBe(0)
  expect(provider.count()).toBe(30)
})

test('--max-failed ends the run, and what failed is asked about again by the next', async () => {
  const { provider, env } = await startModel()
  const folder = someReadmes(3)
  for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, `${name}.md`), `Sorts. ${name} [[fake:refusal]]`)
  const out = join(emptyFolder(), 'out.ndjson')
  const args = [folder, '--to', out]
  const ended = await tag([...args, '--max-failed', '1'], { env: { ...env, BATCH_CONCURRENCY: '1' } })
  expect([ended.exitCode, ended.stderr]).toEqual([1, expect.stringMatching(/refused 2[\s\S]*--max-failed allows/)])
  const again = await tag(args, { env })
  expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining('failed before 2')])
  expect([answersIn(out).length, answersIn(`${out}.failed`).map(({ code }) => code)]).toEqual([
    3,
    ['refused', 'refused', 'refused'],
  ])
  expect(provider.count()).toBeGreaterThan(5)
})

test('an endpoint that takes no key ends the run at once', async () => {
  let calls = 0
  const server = createServer((_, response) => {
    calls += 1
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"Incorrect API key"}}')
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const env = { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_MODEL: 'm', BATCH_CONCURRENCY: '2' }
  const { exitCode, stderr } = await tag([someReadmes(40), '--to', join(emptyFolder(), 'o.csv')], { env })
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringMatching(/nothing more would have been answered\. upstream_auth/),
  ])
  expect(calls).toBeLessThanOrEqual(4)
})

test('an endpoint that is down is waited for, told once behind the bar, and no text fails for it', async () => {
  const port = await freePort()
  const env = { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_MODEL: 'm', UPSTREAM_BACKOFF_MS: '1' }
  let provider: ReturnType<typeof startFakeProvider> | undefined
  onTestFinished(async () => (await provider)?.close())
  const out = join(emptyFolder(), 'out.ndjson')
  const { exitCode, stderr } = await tag([someReadmes(6), '--to', out], {
    env: { ...env, BATCH_CONCURRENCY: '3' },
    isTerminal: true,
    onStderr: said => {
      if (said.includes('Waiting for it.')) provider ??= startFakeProvider({ port })
    },
  })
  expect([exitCode, answersIn(out).length, stderr.split('Waiting for it.').length]).toEqual([0, 6, 2])
})

test('Ctrl-C waits for what is asked, keeps it, and the next run goes on', async () => {
  const { provider, env } = await startModel({ latencyMs: 40 })
  const folder = someReadmes(40)
  const out = join(emptyFolder(), 'out.ndjson')
  const left = await tag([folder, '--to', out], {
    env: { ...env, BATCH_CONCURRENCY: '2' },
    isTerminal: true,
    onStderr: (_, interrupt) => provider.count() > 5 && interrupt(),
  })
  expect([left.exitCode, left.stderr]).toEqual([130, expect.stringContaining('the same command goes on with it')])
  const asked = provider.count()
  expect([asked < 40, answersIn(out).length]).toEqual([true, asked])
  expect((await tag([folder, '--to', out], { env })).exitCode).toBe(0)
  expect(provider.count()).toBe(40)
})

test('a killed run is paid once: the next asks about what has no answer', async () => {
  const { provider, env } = await startModel({ latencyMs: 20 })
  const folder = someReadmes(60)
  const work = emptyFolder()
  const out = join(work, 'out.ndjson')
  const child = spawnCommand(['tag', folder, '--to', out], { env: { ...env, BATCH_CONCURRENCY: '4' }, cwd: work })
  while (provider.count() < 12) await sleep(5)
  child.kill('SIGKILL')
  await new Promise(resolve => child.once('close', resolve))
  expect((await tag([folder, '--to', out], { env })).exitCode).toBe(0)
  // Calls that were under way when it was killed are asked again; no answer that had come is.
  expect(provider.count()).toBeLessThanOrEqual(60 + 4 + 1)
  expect(answersIn(out)).toHaveLength(60)
}, 120_000)

test('what is no text in a folder fails with its reason; links, dot files and packages are left out', async () => {
  const folder = someReadmes(1)
  writeFileSync(join(folder, 'logo.png'), Buffer.from('89504e470d0a1a0a0000000d', 'hex'))
  writeFileSync(join(folder, 'paper.pdf'), '%PDF-1.7\n%\xe2\xe3')
  writeFileSync(join(folder, 'empty.md'), '')
  writeFileSync(join(folder, 'ünïcode name; "quoted", and long.md'), about(1))
  writeFileSync(join(folder, '.hidden.md'), about(2))
  mkdirSync(join(folder, 'node_modules'))
  writeFileSync(join(folder, 'node_modules', 'x.md'), about(3))
  symlinkSync(folder, join(folder, 'loop'))
  const out = join(emptyFolder(), 'out.csv')
  expect((await tag([folder, '--to', out])).exitCode).toBe(1)
  expect(linesOf(out)[0]).toBe('id,tag_ids,tag_names')
  expect(
    linesOf(out)
      .slice(1)
      .map(line => line.replace(/,[\d;]*,[^,]*$/, ''))
      .sort(),
  ).toEqual(['"ünïcode name; ""quoted"", and long.md"', 'p0/README.md'])
  const failed = Object.fromEntries(answersIn(`${out}.failed`).map(({ id, detail }) => [id, detail]))
  expect(failed).toEqual({
    'empty.md': expect.any(String),
    'logo.png': 'logo.png is a PNG image, not text.',
    'paper.pdf': expect.stringContaining('PDF'),
  })
})

test('a file or a folder that may not be read fails alone', async () => {
  const folder = someReadmes(1)
  const out = join(emptyFolder(), 'out.csv')
  writeFileSync(join(folder, 'secret.md'), 'x')
  mkdirSync(join(folder, 'closed'))
  for (const path of [folder, dirname(out)]) chmodSync(path, 0o777)
  // Everything that has to be loaded, before this process may read less.
  expect((await tag([folder, '--to', join(emptyFolder(), 'first.csv')])).exitCode).toBe(0)
  for (const path of ['secret.md', 'closed']) chmodSync(join(folder, path), 0o000)
  const nobody = 65_534
  if (process.getuid?.() === 0) process.seteuid!(nobody)
  try {
    const { exitCode, stderr } = await tag([folder, '--to', out])
    expect(exitCode, stderr).toBe(1)
  } finally {
    if (process.getuid?.() === 0) process.seteuid!(0)
    chmodSync(join(folder, 'closed'), 0o700)
  }
  expect(linesOf(out)).toEqual(['id,tag_ids,tag_names', expect.stringMatching(/^p0\/README\.md,/)])
  expect(answersIn(`${out}.failed`)).toMatchObject([
    { id: 'closed/', detail: 'closed/ cannot be read (EACCES).' },
    { id: 'secret.md', detail: 'secret.md cannot be read (EACCES).' },
  ])
})

test('odd names are read, those that are no UTF-8 too, and each is an id of its own', async () => {
  const folder = emptyFolder()
  const names = ['-to.md', 'a\nb.md', '100%.md', 'ひらがな.md', 'x'.repeat(250), '$(rm -rf x).md']
  for (const name of names) writeFileSync(join(folder, name), about(1))
  const inLatin1 = (name: string) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')])
  for (const name of ['caf\xe9.md', 'caf\xe8.md']) writeFileSync(inLatin1(name), about(2))
  mkdirSync(inLatin1('\xff'))
  writeFileSync(inLatin1('\xff/README.md'), about(3))
  const out = join(emptyFolder(), 'out.ndjson')
  expect((await tag([folder, '--to', out])).exitCode).toBe(0)
  const read = [...names, 'caf\\xe9.md', 'caf\\xe8.md', '\\xff/README.md']
  expect(answersIn(out).map(({ id }) => id)).toEqual(read.sort())
})

test('several folders give ids with their names, links that were named are read, and what a run writes is no text', async () => {
  const top = emptyFolder()
  for (const name of ['one', 'two']) {
    mkdirSync(join(top, name))
    writeFileSync(join(top, name, 'README.md'), about(1))
  }
  const out = join(top, 'tags.ndjson')
  const idsOf = async (...sources: string[]) => {
    expect((await tag([...sources, '--to', out, '--report', join(top, 'report.html')])).exitCode).toBe(0)
    return answersIn(out).map(({ id }) => id)
  }
  expect(await idsOf(join(top, 'one'), `${join(top, 'two')}/`)).toEqual([
    `${top}/one/README.md`,
    `${top}/two/README.md`,
  ])
  expect(await idsOf(join(top, '{one,two}'))).toEqual([`${top}/one/README.md`, `${top}/two/README.md`])
  for (let night = 0; night < 2; night += 1) expect(await idsOf(top)).toEqual(['one/README.md', 'two/README.md'])
  const link = join(emptyFolder(), 'link')
  symlinkSync(top, link)
  expect(await idsOf(link)).toEqual(['one/README.md', 'two/README.md'])
})

test('a long stream is never held in memory', async () => {
  const child = spawnCommand(['tag', '-', '--to', 'out.ndjson', '--dry-run'], {
    env: { NODE_OPTIONS: '--max-old-space-size=140' },
    cwd: emptyFolder(),
  })
  const said = text(child.stderr!)
  const ended = once(child, 'close')
  function* lines(megabytes: number) {
    const padding = about(1).repeat(1_000)
    const count = Math.ceil((megabytes * 2 ** 20) / padding.length)
    for (let id = 0; id < count; id += 1) yield Buffer.from(`${JSON.stringify({ id, text: `${id} ${padding}` })}\n`)
  }
  await pipeline(Readable.from(lines(160)), child.stdin!)
  expect(await ended).toEqual([0, null])
  expect(await said).toMatch(/^\d{4} items: \d{4} to ask/)
})

test('the forms of the output: one row an item or one a tag, JSON, stdout', async () => {
  const list = join(emptyFolder(), 'list.json')
  writeFileSync(
    list,
    JSON.stringify([
      { id: 1, name: 'cli' },
      { id: 2, name: 'sorting; lines' },
    ]),
  )
  const stdin =
    '{"id":12523,"text":"# cli\\n\\nA cli for sorting; lines go in and come out."}\n{"id":"b","text":"Nothing of it here: bread."}\n'
  const run = async (...args: string[]) =>
    (await tag(['-', '--tags', list, '--to', '-', '--state', join(emptyFolder(), 's'), ...args], { stdin })).stdout
  expect(await run()).toBe('{"id":12523,"tags":[1,2]}\n{"id":"b","tags":[]}\n')
  expect(JSON.parse(await run('--form', 'json'))).toEqual([
    { id: 12523, tags: [1, 2] },
    { id: 'b', tags: [] },
  ])
  expect(await run('--form', 'csv')).toBe('id,tag_ids,tag_names\n12523,1;2,cli;sorting; lines\nb,,\n')
  expect(await run('--form', 'tsv', '--row-per-tag')).toBe(
    'id\ttag_id\ttag_name\n12523\t1\tcli\n12523\t2\tsorting; lines\n',
  )
})

test('two items of one id are told, and the first is answered', async () => {
  const out = join(emptyFolder(), 'out.ndjson')
  const stdin = `{"id":1,"text":"${about(1)}"}\n{"id":1,"text":"${about(2)}"}\n{"id":"1","text":"${about(3)}"}\n`
  expect((await tag(['-', '--to', out], { stdin })).exitCode).toBe(1)
  expect(answersIn(out).map(({ id }) => id)).toEqual([1, '1'])
  expect(answersIn(`${out}.failed`)).toMatchObject([{ id: 1, place: 'stdin:2', code: 'conflict' }])
})

test('SQLite is read by a query and written by a statement, all or nothing', async () => {
  const file = join(emptyFolder(), 'projects.db')
  const database = new DatabaseSync(file)
  onTestFinished(() => database.close())
  database.exec('create table project (id integer primary key, readme text, tags text)')
  const insert = database.prepare('insert into project (readme) values (?)')
  for (let number = 0; number < 5; number += 1) insert.run(about(number))
  const state = join(emptyFolder(), 'state')
  const query = [
    '--from',
    `sqlite:${file}`,
    '--query',
    'select id, readme from project',
    '--text',
    'readme',
    '--state',
    state,
  ]
  const wrong = await tag([...query, '--into', 'update projects set tags = $tags where id = $id'])
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('--into: no such table: projects')])
  expect((await tag([...query, '--into', 'update project set tags = $tags where id = $id'])).exitCode).toBe(0)
  const rows = database.prepare('select tags from project').all()
  expect(rows.map(({ tags }) => JSON.parse(tags as string))).toSatisfy((all: unknown[]) => all.every(Array.isArray))
  for (let night = 0; night < 2; night += 1) expect((await tag([...query, '--into', 'answers'])).exitCode).toBe(0)
  database.exec("insert into project (readme) values (' ')")
  const some = await tag([...query, '--into', 'answers'])
  expect([some.exitCode, some.stderr]).toEqual([1, expect.stringContaining(`are in ${state}.failed. The first, 6: `)])
  database.exec('delete from project where id = 6')
  expect(database.prepare('select id, tags from answers').all()).toEqual(
    database.prepare('select cast(id as text) as id, tags from project').all(),
  )
})

const programs = postgresPrograms()
test.skipIf(programs === undefined)(
  'PostgreSQL is read by a cursor and written in one transaction',
  async () => {
    const server = await startTemporaryPostgres(programs!)
    onTestFinished(() => server.stop())
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    onTestFinished(() => client.end())
    await client.query('create table project (id bigint primary key, readme text, tags jsonb)')
    await client.query(
      `insert into project select n, 'Project ' || n || ' sorts lines on the command line.' from generate_series(1, 1200) n`,
    )
    const state = join(emptyFolder(), 'state')
    const args = [
      '--from',
      server.url,
      '--query',
      'select id, readme as text from project order by id',
      '--state',
      state,
    ]
    const ran = await tag([...args, '--into', 'update project set tags = $tags where id = $id'])
    expect([ran.exitCode, ran.stderr]).toEqual([0, expect.stringContaining('1200')])
    const { rows } = await client.query('select count(*) as count from project where jsonb_array_length(tags) > 0')
    expect(Number(rows[0].count)).toBe(1200)
    for (let night = 0; night < 2; night += 1) expect((await tag([...args, '--into', 'answers'])).exitCode).toBe(0)
    const same = await client.query(
      'select count(*) as count from project join answers on answers.id = project.id::text and answers.tags = project.tags',
    )
    expect(Number(same.rows[0].count)).toBe(1200)
  },
  120_000,
)

test.each([
  [['x.csv'], 'Say where the answers go'],
  [['--to', 'out.csv'], 'Name what to tag'],
  [['nowhere', '--to', 'out.csv'], 'There is no file or folder nowhere'],
  [['x', '--to', 'nowhere/tags.csv'], 'There is no folder nowhere for tags.csv'],
  [['x', '--to', 'o', '--from', 'sqlite:x', '--query', 'select 1'], 'not both'],
  [['--from', 'sqlite:x', '--to', 'o'], 'go together'],
  [['x', '--to', 'o.xlsx'], 'call it .csv, .tsv, .json or .ndjson'],
  [['x', '--to', 'o', '--max-tags', '0'], 'not a number from 1 to 50'],
  [['x', '--to', 'o', '--prompt', 'nope'], 'has no prompt nope, only assign-tags'],
  [['x', '--to', 'o', '--form', 'xml'], 'Forms are ndjson, json, csv and tsv'],
  [['x', '--to', 'o', '--max-failed', 'five'], 'neither a number nor a share'],
])('%j ends with exit code 2 and says what to do', async (args, words) => {
  const inFolder = args.map(arg => (arg === 'out.csv' || arg === 'o' ? join(emptyFolder(), arg) : arg))
  expect(await tag(inFolder)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(words) })
})

test('a workbook and a list of bare names are told what they are to be', async () => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'projects.xlsx'), 'PK\x03\x04')
  writeFileSync(join(folder, 'list.json'), '["cli","web"]')
  const to = ['--to', join(folder, 'out.csv')]
  const workbook = await tag([join(folder, 'projects.xlsx'), ...to])
  expect([workbook.exitCode, workbook.stderr]).toEqual([2, expect.stringContaining('save it as CSV (UTF-8)')])
  const names = await tag([folder, ...to, '--tags', join(folder, 'list.json')])
  expect([names.exitCode, names.stderr]).toEqual([2, expect.stringContaining('such as [{"id":1,"name":"cli"}]')])
})

test('a report tells what came of the run, with everything from outside escaped', async () => {
  const folder = someReadmes(2)
  writeFileSync(join(folder, '<b>&"\'.md'), '\0\0')
  const report = join(emptyFolder(), 'report.html')
  const { env } = await startModel({ choose: () => ['cli'] })
  const ran = await tag([folder, '--to', join(emptyFolder(), 'tags.csv'), '--report', report], { env })
  expect(ran.exitCode).toBe(1)
  const page = readFileSync(report, 'utf8')
  expect(page).toContain('<td>3: 2 with tags, 0 on which nothing of the list fits, 1 failed</td>')
  expect(page).toContain('<tr><td>cli</td><td>2</td><td class="bar">')
  expect(page).toContain('<tr><td>&#60;b&#62;&#38;&#34;&#39;.md</td><td>unusable_text</td>')
  expect(page).not.toMatch(/<b>|<script|https?:/)
}, 60_000)

test('a changed list asks about what it may change, and everything else is kept under its new names', async () => {
  const { provider, env } = await startModel({
    choose: ({ document, allowed }) => [
      document.includes('A chat server') && allowed.includes('chat') ? 'chat' : allowed[0]!,
    ],
  })
  const folder = emptyFolder()
  const texts = {
    cli: 'Sorts lines in a terminal.',
    chat: 'A chat server.',
    plot: 'Draws a plot of numbers, plots for everyone.',
  }
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, `${name}.md`), `# ${name}\n\n${text}`)
  const [out, list] = [join(emptyFolder(), 'tags.csv'), join(emptyFolder(), 'list.json')]
  const runWith = async (...tags: [id: number, name: string, aliases?: string[]][]) => {
    writeFileSync(list, JSON.stringify(tags.map(([id, name, aliases = []]) => ({ id, name, aliases }))))
    const before = provider.count()
    await tag([folder, '--to', out, '--tags', list], { env })
    return provider.count() - before
  }
  expect(await runWith([1, 'cli'], [2, 'chat'], [3, 'email'])).toBe(3)
  expect(await runWith([1, 'cli tools', ['cli']], [2, 'chat'], [3, 'email'])).toBe(0)
  expect(readFileSync(out, 'utf8')).toContain('cli.md,1,cli tools')
  // A new tag asks about the text that speaks of it alone, and a tag that goes about what had it.
  expect(await runWith([1, 'cli tools', ['cli']], [2, 'chat'], [3, 'email'], [4, 'plots'])).toBe(1)
  expect(await runWith([1, 'cli tools', ['cli']], [3, 'email'], [4, 'plots'])).toBe(1)
  expect(await runWith([1, 'cli tools', ['cli']], [4, 'plots'])).toBe(0)
}, 120_000)

test('--cheap asks the model about what the embedded ranker is not sure of, and tells the shares', async () => {
  const { provider, env } = await startModel()
  const folder = emptyFolder()
  const sure = '# A networking router\n\nA router for networking. It does networking for networking people.'
  for (let number = 0; number < 10; number += 1)
    writeFileSync(join(folder, `${number}.md`), `${number < 7 ? sure : about(number)}\n\nNumber ${number}.`)
  const out = join(emptyFolder(), 'out.ndjson')
  const unknown = await tag([folder, '--to', out, '--cheap'], { env: { ...env, DATA_DIR: emptyFolder() } })
  expect([unknown.exitCode, provider.count()]).toEqual([1, 0])
  expect(unknown.stderr).toContain('tagsmith calibrate run.json')

  const measured = await withCalibration(env, ofRanker)
  const first = await tag([folder, '--to', out, '--cheap'], { env: measured })
  expect([first.exitCode, provider.count()]).toEqual([0, 3])
  expect(first.stderr).toMatch(
    /cheap +7 answers of the embedded ranker \(70 %\), of which about 0 are wrong .* 1 at the most/,
  )
  const again = await tag([folder, '--to', out, '--cheap'], { env: measured })
  expect([again.stderr, provider.count()]).toEqual([expect.stringContaining('10 kept'), 3])
  const full = await tag([folder, '--to', out], { env: measured })
  expect([full.stderr, provider.count()]).toEqual([expect.stringContaining('7 to ask (engine 7)'), 10])
})
