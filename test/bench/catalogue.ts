/**
 * A catalogue through what happens to it, with its calls counted at a fake endpoint: `npm run bench:catalogue -- 12000`.
 * With `--service` a running service answers. `--gb 2` streams an NDJSON of that size through the command in place of that, and tells how much memory it takes.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { concurrency, peakOf, runCatalogue } from '../support/catalogue-run.ts'
import {
  type CatalogueSource,
  folderSource,
  postgresSource,
  tableSource,
  textOf,
} from '../support/catalogue-sources.ts'
import { spawnCommand } from '../support/server-process.ts'
import { postgresPrograms, startTemporaryPostgres } from '../support/temporary-postgres.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    latency: { type: 'string', default: '20' },
    gb: { type: 'string' },
    service: { type: 'boolean', default: false },
  },
})
const items = Number(positionals[0] ?? 12_000)
const print = (line: string) => process.stdout.write(`${line}\n`)

async function measure(open: (folder: string) => CatalogueSource | Promise<CatalogueSource>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tagsmith-catalogue-'))
  const source = await open(folder)
  try {
    const options = {
      source,
      items,
      changed: 100,
      folder,
      latencyMs: Number(values.latency),
      byService: values.service,
    }
    const { steps, answered, paidTwice, named, askedForList } = await runCatalogue(options)
    print(
      `\n${source.name}, ${items} items, at most ${concurrency} calls at once${values.service ? ', by a running service' : ''}`,
    )
    for (const { what, calls, seconds, exitCode, peakMb } of steps)
      print(
        `  ${what.padEnd(26)}${String(calls).padStart(7)} calls ${seconds.toFixed(1).padStart(7)} s ${String(peakMb ?? '').padStart(5)} MB, exit code ${exitCode ?? 'none'}`,
      )
    const [first, second, third] = steps.map(({ calls }) => calls)
    const more = first! + second! + third! - items
    print(`  ${answered} answers after ${first! + second! + third!} calls: ${more} that were being asked at the kill`)
    print(`  ${paidTwice} answers that were there were paid again`)
    print(`  ${named} named by tags check, ${askedForList} asked about under the changed list`)
  } finally {
    await source.close()
    rmSync(folder, { recursive: true })
  }
}

/** Long texts, as the embedded ranker reads them. */
function* lines(bytes: number): Generator<Buffer> {
  const padding = 'Sorted lines go in, and sorted lines come out. '.repeat(1_300)
  for (let [number, sent] = [0, 0]; sent < bytes; number += 1) {
    const line = Buffer.from(`${JSON.stringify({ id: number, text: `${textOf(number)}${padding}` })}\n`)
    sent += line.length
    yield line
  }
}

async function stream(gigabytes: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tagsmith-catalogue-'))
  const start = performance.now()
  const child = spawnCommand(['tag', '-', '--to', 'tags.ndjson'], { env: {}, cwd: folder })
  const peaks: number[] = []
  const timer = setInterval(() => peaks.push(peakOf(child.pid!) ?? Number.NaN), 5_000)
  child.stderr!.pipe(process.stderr)
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  await pipeline(Readable.from(lines(gigabytes * 2 ** 30)), child.stdin!)
  print(`exit code ${await ended} after ${((performance.now() - start) / 1_000).toFixed(0)} s`)
  clearInterval(timer)
  const quarters = [1, 2, 3, 4].map(quarter => peaks[Math.floor((peaks.length * quarter) / 4) - 1])
  print(`most memory up to each quarter: ${quarters.join(', ')} MB`)
  rmSync(folder, { recursive: true })
}

if (values.gb !== undefined) await stream(Number(values.gb))
else {
  await measure(folderSource)
  await measure(tableSource)
  const programs = postgresPrograms()
  if (programs === undefined) print('\nPostgreSQL is not on this machine')
  else {
    const server = await startTemporaryPostgres(programs)
    await measure(folder => postgresSource(folder, server.url)).finally(() => server.stop())
  }
}
