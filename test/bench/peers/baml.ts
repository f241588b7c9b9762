import { setLogLevel } from '@boundaryml/baml/logging'
import { checkIds, fenced } from '../overhead/contract.ts'
import type { CreatePeer } from './peer.ts'

/** It reads a list of integers; a union of the ids, or an enum, costs it more than this check by hand. */
export const createPeer: CreatePeer = async ({ upstream, contract }) => {
  process.env.BENCH_BASE_URL = `${upstream}/v1`
  process.env.BENCH_API_KEY = 'bench'
  // Otherwise it prints every prompt and reply.
  setLogLevel('ERROR')
  const { b } = await import('./generated/built/index.js')
  return async text => checkIds((await b.AssignTags(contract.system, fenced(text))).tags, contract)
}
