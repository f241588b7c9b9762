/**
 * What a request costs tagsmith, and what the same contract costs when it is written with its peers.
 * Usage: npm run bench:peers [-- rounds [seconds [warm-up seconds]]]
 */

import { readFileSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { readContract } from './overhead/contract.ts'
import { interleaved, middle, print, type Row, ratios, spread } from './overhead/measure.ts'
import { sameContract, settings, writeContract } from './overhead/prepare.ts'
import { residentMb, type Server, startServer } from './overhead/process.ts'
import { generateBamlClient } from './peers/baml-client.ts'
import { ask, check } from './peers/check.ts'
import { peers, program, requestTo, versionOf } from './peers/list.ts'

const [rounds = 3, seconds = 4, warmUp = 30] = process.argv.slice(2).map(Number)
const load = { concurrency: 32, seconds }
const sameName = 'tagsmith, same contract'

const contractFile = await writeContract()
const contract = readContract(JSON.parse(readFileSync(contractFile, 'utf8')))
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

const servers: Server[] = []
async function start(...options: Parameters<typeof startServer>): Promise<Server> {
  const server = await startServer(...options)
  servers.push(server)
  return server
}

async function startRows(): Promise<(Row & { readonly version: string })[]> {
  const upstream = await start('upstream', { args: ['0', contractFile], cpu: 1 })
  const tagsmith = await start('tagsmith', { cpu: 0, env: settings(upstream.url) })
  const same = await start(sameName, { cpu: 0, env: sameContract(upstream.url) })
  const rows = [tagsmith, same].map(server => ({ name: server.name, version, server, load }))
  const expected: number[] = JSON.parse((await ask(tagsmith)).text).tags
  for (const peer of peers) {
    await check(peer, contractFile, contract, expected)
    const server = await start(peer.name, { args: [upstream.url, contractFile], cpu: 0, program })
    const request = requestTo(peer, upstream.url, contract)
    rows.push({ name: peer.title, version: versionOf(peer), server, load: { ...load, ...request } })
  }
  return rows
}

try {
  generateBamlClient(contract)
  print('each peer is given an answer that is not on the list first; instructor-js says so aloud')
  const rows = await startRows()
  const processors = cpus()
  const today = new Date().toISOString().slice(0, 10)
  print(
    `${today}, Node ${process.version}, ${processors.length} cores of ${processors[0]?.model}, each server on core 0`,
  )
  print(`${rounds} interleaved rounds of ${seconds} s after ${warmUp} s of warm-up, 32 at once, upstream 0 ms`)
  const measured = await interleaved(rows, { rounds, warmUp })

  print('\n| server | version | CPU µs/request | / same contract | / tagsmith | requests/s | memory MB | ready ms |')
  print('|---|---|---|---|---|---|---|---|')
  for (const { name, version, server } of rows) {
    const windows = measured.get(name)!
    const cpu = windows.map(window => window.cpu)
    const perSecond = middle(windows.map(window => window.perSecond)).toFixed(0)
    const over = [sameName, 'tagsmith'].map(ours => spread(ratios(windows, measured.get(ours)!)))
    const cells = [name, version, spread(cpu, 0), ...over, perSecond]
    print(`| ${[...cells, residentMb(server.pid).toFixed(0), server.ready.toFixed(0)].join(' | ')} |`)
  }
} finally {
  for (const server of servers) server.stop()
  rmSync(contractFile)
}
