/** Load on one server or on several in turn, and what it cost them. */

import { Pool } from 'undici'
import { fresh } from './documents.ts'
import { cpuMicroseconds, type Server } from './process.ts'

export interface Load {
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: () => string
  readonly concurrency: number
  readonly seconds: number
}

export interface Measured {
  readonly cpu: number
  readonly perSecond: number
  readonly median: number
  readonly late: number
}

export interface Row {
  readonly name: string
  readonly server: Server
  readonly load: Load
}

export const print = (line = '') => process.stdout.write(`${line}\n`)

async function load(
  server: Server,
  { path = '/classify', headers = {}, body = fresh, concurrency, seconds }: Load,
): Promise<Measured> {
  const pool = new Pool(server.url, { connections: concurrency })
  const sent = { 'content-type': 'application/json', ...headers }
  const times: number[] = []
  const post = async (): Promise<void> => {
    const start = performance.now()
    const response = await pool.request({ path, method: 'POST', headers: sent, body: body() })
    const text = await response.body.text()
    if (response.statusCode !== 200) throw new Error(`${server.name}: ${response.statusCode} ${text.slice(0, 300)}`)
    times.push(performance.now() - start)
  }
  const start = performance.now()
  const cpu = cpuMicroseconds(server.pid)
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() - start < seconds * 1000) await post()
    }),
  )
  const elapsed = performance.now() - start
  const spent = cpuMicroseconds(server.pid) - cpu
  await pool.close()
  const sorted = times.sort((left, right) => left - right)
  return {
    cpu: spent / times.length,
    perSecond: (times.length / elapsed) * 1000,
    median: sorted[Math.floor(sorted.length / 2)]!,
    late: sorted[Math.floor(sorted.length * 0.99)]!,
  }
}

export const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
export const spread = (values: readonly number[], digits = 2) =>
  `${middle(values).toFixed(digits)} [${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)}]`

/**
 * One window for each row and round, in turn, so that a busy neighbour meets all of them. They warm up in turn as well,
 * for so many seconds each: a server that waits for long gives memory back, and with it code that was compiled.
 */
export async function interleaved(
  rows: readonly Row[],
  { rounds, warmUp }: { readonly rounds: number; readonly warmUp: number },
): Promise<ReadonlyMap<string, readonly Measured[]>> {
  const measured = new Map<string, Measured[]>(rows.map(({ name }) => [name, []]))
  const longest = Math.max(...rows.map(row => row.load.seconds))
  for (let round = -Math.ceil(warmUp / longest); round < rounds; round++) {
    for (const { name, server, load: one } of rows) {
      const window = await load(server, one)
      if (round >= 0) measured.get(name)!.push(window)
    }
  }
  return measured
}

/** The CPU time of one row over that of another, round by round. */
export const ratios = (of: readonly Measured[], over: readonly Measured[]): number[] =>
  of.map(({ cpu }, round) => cpu / over[round]!.cpu)
