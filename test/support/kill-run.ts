import { setTimeout as sleep } from 'node:timers/promises'
import { startFakeProvider } from './fake-provider/server.ts'
import { freePort, listening, type SpawnedService, spawnService } from './spawned-service.ts'

export interface KillRunOptions {
  readonly items: number
  readonly kills: number
  readonly concurrency: number
  /** How long the model takes. */
  readonly latencyMs: number
  /** How long a process that is killed at the run runs the batch at the longest. */
  readonly longestLifeMs: number
  /** Where the store is: DATA_DIR or DATABASE_URL, and what else the service is to be told. */
  readonly env: Record<string, string>
}

interface Line {
  readonly id: number
  readonly tags?: readonly number[]
}

/** What the provider was asked, life by life of the service. */
function createCallLog(acknowledged: ReadonlySet<number>) {
  const lastLife = new Map<number, number>()
  const recalledByKill: number[] = [0]
  return {
    /** For each kill, how many of the items that were in progress at it were called again. */
    recalledByKill,
    acknowledgedThenRecalled: 0,
    calls: 0,
    add(item: number): void {
      this.calls += 1
      if (acknowledged.has(item)) this.acknowledgedThenRecalled += 1
      const life = recalledByKill.length - 1
      const before = lastLife.get(item)
      if (before !== undefined && before < life) recalledByKill[before]! += 1
      lastLife.set(item, life)
    },
    endLife: () => void recalledByKill.push(0),
  }
}

const textOf = (item: number) => `# Project ${item}\n\nA command line tool that sorts things, number ${item}.`

type Phase = 'start' | 'upload' | 'run'

const longestStartMs = 400
/** Less than an upload takes. */
const longestUploadMs = 700

/** What a kill is to meet. The upload comes first, as it is done only once. */
const aimOf = (kill: number, kills: number): Phase =>
  kill < Math.ceil(kills / 5) ? 'upload' : kill % 4 === 0 ? 'start' : 'run'

/** An upload that takes most of a second, so that kills can meet it. */
async function* slowBody(items: number): AsyncGenerator<Uint8Array> {
  const linesPerChunk = Math.ceil(items / 20)
  for (let from = 0; from < items; from += linesPerChunk) {
    const ids = Array.from({ length: Math.min(linesPerChunk, items - from) }, (_, index) => from + index)
    yield Buffer.from(ids.map(id => `${JSON.stringify({ id, text: textOf(id) })}\n`).join(''))
    await sleep(40)
  }
}

async function submit({ url }: SpawnedService, items: number): Promise<string> {
  const answer = await fetch(`${url}/batches`, {
    ...{ method: 'POST', body: ReadableStream.from(slowBody(items)), duplex: 'half' },
    headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': 'the one batch' },
  } as RequestInit)
  if (!answer.ok) throw new Error(`The upload was refused: ${await answer.text()}`)
  return ((await answer.json()) as { id: string }).id
}

async function readLines({ url }: SpawnedService, batchId: string): Promise<Line[]> {
  const text = await (await fetch(`${url}/batches/${batchId}/results`)).text()
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}

async function hasEnded({ url }: SpawnedService, batchId: string): Promise<boolean> {
  const answer = await fetch(`${url}/batches/${batchId}`)
  return ((await answer.json()) as { status: string }).status === 'completed'
}

/** Sends one batch, kills the service at random moments, and lets it end when it has had its kills. */
export async function runWithKills({ items, kills, latencyMs, longestLifeMs, ...options }: KillRunOptions) {
  const acknowledged = new Set<number>()
  const log = createCallLog(acknowledged)
  const provider = await startFakeProvider({
    latencyMs,
    recorded: 1,
    choose: ({ document, allowed }) => {
      log.add(Number(/# Project (\d+)/u.exec(document)?.[1]))
      return allowed.slice(0, 1)
    },
  })
  const env = {
    OPENAI_BASE_URL: provider.url,
    OPENAI_API_KEY: 'sk-none',
    OPENAI_MODEL: provider.dialect.model,
    BATCH_CONCURRENCY: String(options.concurrency),
    // A known answer would hide that a result was lost, or an item run again.
    ...{ CACHE_ENTRIES: '0', CACHE_STORED_ENTRIES: '0' },
    PORT: String(await freePort()),
    ...options.env,
  }
  let batchId: string | undefined

  /** Uses the service until the batch or the service ends, and says how far it came. */
  async function live(service: SpawnedService, onPhase: (phase: Phase) => void = () => {}): Promise<string> {
    let phase: Phase = 'start'
    const enter = (next: Phase) => {
      phase = next
      onPhase(next)
    }
    try {
      enter('start')
      await listening(service)
      if (batchId === undefined) enter('upload')
      batchId ??= await submit(service, items)
      enter('run')
      for (;;) {
        for (const { id } of await readLines(service, batchId)) acknowledged.add(id)
        if (await hasEnded(service, batchId)) return 'end'
        await sleep(150)
      }
    } catch {
      return phase
    }
  }

  const phases: Record<string, number> = {}
  for (let kill = 0; kill < kills; kill += 1) {
    const service = spawnService(env)
    const longest = { start: longestStartMs, upload: longestUploadMs, run: longestLifeMs }
    const aim = aimOf(kill, kills)
    const phase = await live(service, entered => {
      if (entered === aim) setTimeout(() => service.signal('SIGKILL'), Math.random() * longest[aim])
    })
    phases[phase] = (phases[phase] ?? 0) + 1
    service.signal('SIGKILL')
    await service.ended
    log.endLife()
  }
  const service = spawnService(env)
  try {
    const phase = await live(service)
    if (phase !== 'end' || batchId === undefined) throw new Error(`The last life ended in ${phase}: ${service.log()}`)
    const lines = await readLines(service, batchId)
    return reportOn(lines, { items, phases, log })
  } finally {
    service.signal('SIGTERM')
    await service.ended
    await provider.close()
  }
}

interface Evidence {
  readonly items: number
  readonly phases: Readonly<Record<string, number>>
  readonly log: ReturnType<typeof createCallLog>
}

function reportOn(lines: readonly Line[], { items, phases, log }: Evidence) {
  const ids = new Set(lines.map(line => line.id))
  return {
    lost: items - ids.size,
    duplicated: lines.length - ids.size,
    outOfOrder: lines.filter((line, index) => index > 0 && line.id < lines[index - 1]!.id).length,
    failed: lines.filter(line => line.tags === undefined).length,
    acknowledgedThenRecalled: log.acknowledgedThenRecalled,
    recalledByKill: log.recalledByKill.slice(0, -1),
    calls: log.calls,
    /** What the service was at when it was killed. */
    phases,
  }
}
