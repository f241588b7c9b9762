/** One peer, by name, behind the route of the bench: `node server.ts <name> <upstream> <contract.json>`. */

import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { readContract } from '../overhead/contract.ts'
import { say, startFastify } from '../overhead/route.ts'
import type { CreatePeer } from './peer.ts'

const [name = '', upstream = '', contractFile = ''] = process.argv.slice(2)

const peers: Record<string, () => Promise<{ createPeer: CreatePeer }>> = {
  baml: () => import('./baml.ts'),
  instructor: () => import('./instructor.ts'),
  'ai-sdk': () => import('./ai-sdk.ts'),
  langchain: () => import('./langchain.ts'),
  genkit: () => import('./genkit.ts'),
}

/** It is a program, not a library: it reads its port from the arguments and starts when it is loaded. */
async function startPortkey(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  process.argv.push(`--port=${port}`, '--headless')
  // @ts-expect-error: a program has no types
  await import('@portkey-ai/gateway/build/start-server.js')
  return port
}

if (name === 'portkey') say(await startPortkey())
else {
  const load = peers[name]
  if (load === undefined) throw new RangeError(`there is no peer "${name}"`)
  const { createPeer } = await load()
  const contract = readContract(JSON.parse(readFileSync(contractFile, 'utf8')))
  say(await startFastify(await createPeer({ upstream, contract })))
}
