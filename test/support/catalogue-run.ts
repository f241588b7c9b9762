import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CatalogueSource, catalogueOf, textOf } from './catalogue-sources.ts'
import { startFakeProvider } from './fake-provider/server.ts'
import { spawnCommand } from './server-process.ts'
import { freePort, listening, spawnService } from './spawned-service.ts'

const subjects = ['packets', 'photos', 'recipes', 'invoices', 'maps', 'letters', 'sounds', 'tables', 'stars', 'plants']
const listBefore = subjects.map((name, index) => ({ id: index + 1, name }))
/** A tag less, and one more. */
const listAfter = [...listBefore.filter(({ name }) => name !== 'plants'), { id: 11, name: 'weather forecasts' }]

export interface CatalogueRunOptions {
  readonly source: CatalogueSource
  readonly items: number
  readonly changed: number
  readonly folder: string
  readonly latencyMs: number
  /** Whether a running service answers, by `--url`, in place of the process of the command. */
  readonly byService?: boolean
}

/** One run of the command, as the endpoint saw it. */
export interface Step {
  readonly what: string
  readonly calls: number
  readonly seconds: number
  readonly exitCode: number | null
  /** The most memory that its process held, where the system tells. */
  readonly peakMb: number | undefined
}

export interface CatalogueReport {
  readonly steps: readonly Step[]
  readonly answered: number
  /** Texts that were asked about again although the answer was there before the run was ended. */
  readonly paidTwice: number
  /** What `tagsmith tags check` says is worth asking again, and what was. */
  readonly named: number
  readonly askedForList: number
}

export const concurrency = 16

/** The fake endpoint, and for each text how often it was asked about. */
async function startCountingModel(latencyMs: number) {
  const calls = new Map<number, number>()
  const provider = await startFakeProvider({
    latencyMs,
    recorded: 1,
    choose: ({ document, allowed }) => {
      const number = Number(/Project (\d+)/u.exec(document)?.[1])
      calls.set(number, (calls.get(number) ?? 0) + 1)
      return [allowed[number % allowed.length]!]
    },
  })
  return { provider, calls }
}

/** Takes a catalogue through what happens to it: interruptions, nights without news, changed texts, a changed list. */
export async function runCatalogue({
  source,
  items,
  changed,
  folder,
  latencyMs,
  byService = false,
}: CatalogueRunOptions): Promise<CatalogueReport> {
  const { provider, calls } = await startCountingModel(latencyMs)
  const model = {
    OPENAI_BASE_URL: provider.url,
    OPENAI_MODEL: provider.dialect.model,
    UPSTREAM_BACKOFF_MS: '1',
    // What is known already would hide that it was asked about again.
    ...{ CACHE_ENTRIES: '0', CACHE_STORED_ENTRIES: '0' },
  }
  const port = String(await freePort())
  const service = byService ? spawnService({ ...model, PORT: port, DATA_DIR: join(folder, 'data') }) : undefined
  if (service) await listening(service)
  const env = { ...(service ? {} : model), BATCH_CONCURRENCY: String(concurrency) }
  const where = service ? ['--url', service.url] : []
  const catalogue = catalogueOf(items)
  await source.write(catalogue)
  const list = join(folder, 'list.json')
  writeFileSync(list, JSON.stringify(listBefore))
  const steps: Step[] = []

  /** Runs the command, and ends it with a signal once so many calls were made. */
  async function run(what: string, end?: { signal: NodeJS.Signals; afterCalls: number }): Promise<void> {
    const before = provider.count()
    const start = performance.now()
    const child = spawnCommand(['tag', ...source.args, ...where, '--tags', list], { env, cwd: folder })
    let isOver = false
    let peakMb: number | undefined
    const over = once(child, 'close').finally(() => {
      isOver = true
    })
    const said = text(child.stderr!)
    child.stdout!.resume()
    for (let sent = false; !isOver; ) {
      peakMb = peakOf(child.pid!) ?? peakMb
      if (end && !sent && provider.count() - before >= end.afterCalls) sent = child.kill(end.signal)
      await Promise.race([over, sleep(end ? 5 : 100)])
    }
    const [exitCode] = (await over) as [number | null]
    if (exitCode !== 0 && !end) throw new Error(`${what} ended with ${exitCode}: ${await said}`)
    steps.push({ what, calls: provider.count() - before, seconds: secondsSince(start), exitCode, peakMb })
  }

  let paidTwice = 0
  /** What has an answer before a run must not be asked about by it. */
  async function goOn(what: string, end?: { signal: NodeJS.Signals; afterCalls: number }): Promise<void> {
    const known = answeredIn(source.state)
    const before = new Map(calls)
    await run(what, end)
    for (const number of known) if (calls.get(number) !== before.get(number)) paidTwice += 1
  }

  try {
    const third = Math.floor(items / 3)
    await goOn('a run that Ctrl-C ends', { signal: 'SIGINT', afterCalls: third })
    await goOn('a run that kill -9 ends', { signal: 'SIGKILL', afterCalls: third })
    await goOn('the run that goes on')
    const answered = answeredIn(source.state).length
    await goOn('a second run')
    const numbers = Array.from({ length: changed }, (_, index) => Math.floor((index * items) / changed))
    for (const number of numbers) catalogue.set(number, textOf(number, 2))
    await source.change(catalogue, numbers)
    await run(`${changed} changed texts`)
    const named = await namedByCheck()
    writeFileSync(list, JSON.stringify(listAfter))
    await run('a changed list')
    return { steps, answered, paidTwice, named, askedForList: steps.at(-1)!.calls }
  } finally {
    service?.signal('SIGKILL')
    await service?.ended
    await provider.close()
  }

  async function namedByCheck(): Promise<number> {
    const files = Object.fromEntries(
      ['before.json', 'after.json', 'answers.ndjson', 'again.ndjson'].map(name => [name, join(folder, name)]),
    ) as Record<string, string>
    const answers = readAnswers(source.state).map(({ id, tags }) => {
      const about = source.args.includes('name,readme') ? `project ${id}\n\n${catalogue.get(id)}` : catalogue.get(id)
      return `${JSON.stringify({ id, tags, text: about })}\n`
    })
    writeFileSync(files['before.json']!, JSON.stringify(listBefore))
    writeFileSync(files['after.json']!, JSON.stringify(listAfter))
    writeFileSync(files['answers.ndjson']!, answers.join(''))
    const args = ['--before', files['before.json']!, '--answers', files['answers.ndjson']!]
    const child = spawnCommand(['tags', 'check', files['after.json']!, ...args, '--again', files['again.ndjson']!], {
      env: {},
      cwd: folder,
    })
    child.stdout!.resume()
    child.stderr!.resume()
    await once(child, 'close')
    return readFileSync(files['again.ndjson']!, 'utf8').split('\n').filter(Boolean).length
  }
}

const secondsSince = (start: number) => (performance.now() - start) / 1_000

function readAnswers(state: string): { id: number; tags: (string | number)[] }[] {
  if (!existsSync(state)) return []
  const database = new DatabaseSync(state)
  const rows = database.prepare('select id, tags from answer where tags is not null').all()
  database.close()
  // Of a table of PostgreSQL the ids are texts, as they may be longer than a number of JavaScript.
  return rows.map(({ id, tags }) => ({
    id: Number(JSON.parse(id as string)),
    tags: JSON.parse(tags as string).map((tag: { id: number }) => tag.id),
  }))
}

const answeredIn = (state: string): number[] => readAnswers(state).map(({ id }) => id)

/** The most memory that a process held so far, in megabytes, where the system tells. */
export function peakOf(pid: number): number | undefined {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1_024)
  } catch {
    return undefined
  }
}
