/**
 * What one client, or one text, can do to all others. Each scenario has a service and an endpoint of its own on
 * loopback, is bounded in count and time, and is measured by another client that behaves.
 * Usage: npm run bench:hostile [-- part of a name ...]
 */

import { readdirSync } from 'node:fs'
import { type Report, runScenario } from './hostile/run-scenario.ts'
import type { Scenario } from './hostile/scenario.ts'

const print = (line: string) => process.stdout.write(`${line}\n`)
const wanted = process.argv.slice(2)
const folder = new URL('./hostile/', import.meta.url)
let short = 0
let ran = 0

for (const file of readdirSync(folder).sort()) {
  // The threads run as soon as they are imported.
  if (['attacker.ts', 'bystander-thread.ts'].includes(file)) continue
  const module = new URL(file, folder).href
  const { scenario } = (await import(module)) as { scenario?: Scenario }
  if (!scenario || (wanted.length > 0 && !wanted.some(part => scenario.name.includes(part)))) continue
  const report = await runScenario(scenario, module)
  ran += 1
  if (report.short.length > 0) short += 1
  print(lineOf(scenario, report))
}
print(`${ran - short} of ${ran} ok`)
process.exit(short === 0 && ran > 0 ? 0 : 1)

function lineOf(
  { name, about }: Scenario,
  { requests, errors, p99, most, newConnection, memoryMb, saw, short }: Report,
): string {
  const failed = [...errors.values()].reduce((sum, count) => sum + count, 0)
  const others = `others: p99 ${p99.toFixed(0)} ms, most ${most.toFixed(0)} ms, on a new connection ${newConnection.toFixed(0)} ms, ${failed} errors in ${requests}`
  const verdict = short.length === 0 ? 'ok   ' : 'short'
  const why = short.length === 0 ? '' : `; short: ${short.join('; ')}`
  return `${verdict} ${name} (${about}): ${others}; memory ${memoryMb} MB; attacker: ${saw}${why}`
}
