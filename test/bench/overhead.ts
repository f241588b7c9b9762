/**
 * What tagsmith costs beside servers written by hand, and beside the SDK on the platform's fetch. CPU time is read
 * from the kernel, as wall time tells more about the neighbours. Another checkout, such as one of an earlier commit, is
 * measured in the same rounds. Usage: npm run bench [-- rounds [seconds [checkout]]]
 */

import { rmSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { same as sameBody } from './overhead/documents.ts'
import { interleaved, type Measured, middle, print, type Row, ratios, spread } from './overhead/measure.ts'
import { sameContract, settings, writeContract } from './overhead/prepare.ts'
import { residentMb, startServer } from './overhead/process.ts'

/** Many short windows, so that none waits long for its next one. */
const rounds = Number(process.argv[2] ?? 12)
const seconds = Number(process.argv[3] ?? 1)
const checkout = process.argv[4]
const ofOther = checkout && ` of ${basename(checkout)}`
/** Before that the larger servers are still being compiled; later their caches have to be theirs again. */
const [firstWarmUp, warmUp] = [30, 5]
const measure = (rows: readonly Row[], seconds = warmUp) => interleaved(rows, { rounds, warmUp: seconds })

function table(measured: ReadonlyMap<string, readonly Measured[]>, ours: string): void {
  print(
    `${'server'.padEnd(26)}${'CPU us/request'.padEnd(24)}${'/ ours'.padEnd(22)}${'requests/s'.padEnd(12)}p50 ms   p99 ms`,
  )
  for (const [name, windows] of measured) {
    const figures = [
      spread(
        windows.map(({ cpu }) => cpu),
        0,
      ).padEnd(24),
      spread(ratios(windows, measured.get(ours)!)).padEnd(22),
      middle(windows.map(({ perSecond }) => perSecond))
        .toFixed(0)
        .padEnd(12),
      middle(windows.map(({ median }) => median))
        .toFixed(2)
        .padEnd(9),
      middle(windows.map(({ late }) => late)).toFixed(1),
    ]
    print(`${name.padEnd(26)}${figures.join('')}`)
  }
}

const contract = await writeContract()

async function startAll(latency: number) {
  const upstream = await startServer('upstream', { args: [String(latency), contract], cpu: 1 })
  const byHand = (name: string) => startServer(name, { args: [upstream.url, contract], cpu: 0 })
  const tagsmith = await startServer('tagsmith', { cpu: 0, env: settings(upstream.url) })
  const same = await startServer('tagsmith, same contract', { cpu: 0, env: sameContract(upstream.url) })
  const start = (name: string, env: Record<string, string>) =>
    checkout && startServer(`tagsmith, ${name},${ofOther}`, { cpu: 0, env, checkout: resolve(checkout) })
  const other = await start('same', sameContract(upstream.url, checkout))
  const otherHit = await start('hit', settings(upstream.url))
  const servers = {
    raw: await byHand('raw'),
    fastify: await byHand('fastify'),
    tagsmith,
    same,
    sdk: await byHand('plain-sdk'),
    ...(other && { other }),
    ...(otherHit && { otherHit }),
  }
  const stop = () => {
    for (const server of [upstream, ...Object.values(servers)]) server.stop()
  }
  return { upstream, ...servers, stop }
}

print(
  `Node ${process.version}, ${rounds} interleaved rounds of ${seconds} s, servers on core 0, load and upstream on core 1`,
)
const quick = await startAll(0)
const { raw, fastify, tagsmith, same, sdk, other, otherHit } = quick
for (const concurrency of [32, 1, 256]) {
  print(`\nupstream 0 ms, ${concurrency} at once`)
  const ours = [tagsmith, same, ...(other ? [other] : [])]
  const rows = [raw, fastify, ...ours, ...(concurrency === 32 ? [sdk] : [])]
  const loads = rows.map(server => ({ name: server.name, server, load: { concurrency, seconds } }))
  const measured = await measure(loads, concurrency === 32 ? firstWarmUp : warmUp)
  table(measured, 'tagsmith')
  for (const { name } of ours) {
    const against = (other: string) => ratios(measured.get(name)!, measured.get(other)!)
    print(`${name} / raw ${spread(against('raw'))}, / fastify ${spread(against('fastify'))}`)
  }
}

print('\nknown answers, 32 at once')
const known = await measure([
  { name: 'raw', server: raw, load: { concurrency: 32, seconds } },
  {
    name: 'empty fastify route',
    server: fastify,
    load: { concurrency: 32, seconds, path: '/empty', body: () => sameBody },
  },
  ...[{ ...tagsmith, name: 'tagsmith, hit' }, ...(otherHit ? [otherHit] : [])].map(server => ({
    name: server.name,
    server,
    load: { concurrency: 32, seconds, body: () => sameBody },
  })),
])
table(known, 'tagsmith, hit')

print('\nmemory after all that, and milliseconds to listening')
for (const server of [raw, fastify, tagsmith, sdk]) {
  print(`${server.name.padEnd(22)}${residentMb(server.pid).toFixed(0)} MB   ${server.ready.toFixed(0)} ms`)
}
quick.stop()

print('\nupstream 50 ms, 256 at once')
const slow = await startAll(50)
const direct = { ...slow.upstream, name: 'the upstream directly' }
const lateRows = [
  { name: direct.name, server: direct, load: { concurrency: 256, seconds, path: '/v1/chat/completions' } },
  ...[slow.raw, slow.fastify, slow.tagsmith, slow.same, ...(slow.other ? [slow.other] : [])].map(server => ({
    name: server.name,
    server,
    load: { concurrency: 256, seconds },
  })),
]
const late = await measure(lateRows, firstWarmUp)
table(late, 'tagsmith')
for (const name of ['raw', 'fastify', 'tagsmith', 'tagsmith, same contract']) {
  const share = late.get(name)!.map(({ perSecond }, round) => perSecond / late.get(direct.name)![round]!.perSecond)
  print(`throughput of ${name} / calling the upstream directly ${spread(share)}`)
}
slow.stop()
rmSync(contract)
