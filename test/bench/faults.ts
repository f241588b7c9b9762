/**
 * 10,000 requests, of which three in ten meet a fault: everyday ones, and failures as they were reported of providers.
 * Every text names its fault, so every end is known: its tags, or the code of its failure. And how the endpoint is
 * asked at the end is how it was asked at the start. Usage: npm run bench:faults [-- requests]
 */

import { lanes } from './faults/lanes.ts'
import { runLane } from './faults/run-lane.ts'

const requests = Number(process.argv[2] ?? 10_000)
const print = (line: string) => process.stdout.write(`${line}\n`)

let right = 0
let asked = 0
let sound = true
for (const { name, dialect, share } of lanes) {
  const part = Math.round(requests * share)
  const result = await runLane(dialect, { from: asked, requests: part })
  const wrong = [...result.wrong.values()].reduce((sum, count) => sum + count, 0)
  const [before, after] = result.forms
  asked += part
  right += part - wrong
  sound &&= before === after && result.exitCode === 0 && result.unexpected === 0
  print(`\n${name}: ${part} requests in ${result.seconds.toFixed(1)} s, ${result.calls} calls of the endpoint`)
  print(
    `  ${[...result.tally]
      .sort((a, b) => b[1] - a[1])
      .map(([code, count]) => `${code} ${count}`)
      .join(', ')}`,
  )
  for (const [what, count] of [...result.wrong].sort((a, b) => b[1] - a[1])) print(`  wrong ${count}: ${what}`)
  print(
    before === after ? '  form: the same at the end' : `  form at the start ${before}\n  form at the end   ${after}`,
  )
  print(
    `  memory MB ${result.memoryMb.map(value => value.toFixed(0)).join(' ')}; sockets ${result.sockets.join(', at rest ')}`,
  )
  print(`  exit code ${result.exitCode}; unexpected errors in the log: ${result.unexpected}`)
}
print(`\n${right} of ${asked} right ends`)
process.exit(sound && right === asked ? 0 : 1)
