/** The peers, cheapest first, and how each is asked. */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bodyOf, type Contract } from '../overhead/contract.ts'
import { freshText } from '../overhead/documents.ts'
import type { Load } from '../overhead/measure.ts'

export const program = fileURLToPath(new URL('./server.ts', import.meta.url))

export interface Peer {
  readonly name: string
  readonly title: string
  readonly package: string
  /** A proxy takes what would go to the model; the others take a document. */
  readonly proxy?: boolean
}

export const peers: readonly Peer[] = [
  { name: 'baml', title: 'BAML', package: '@boundaryml/baml' },
  { name: 'instructor', title: 'instructor-js', package: '@instructor-ai/instructor' },
  { name: 'ai-sdk', title: 'Vercel AI SDK', package: 'ai' },
  { name: 'langchain', title: 'LangChain.js', package: '@langchain/openai' },
  { name: 'portkey', title: 'Portkey gateway, the proxy alone', package: '@portkey-ai/gateway', proxy: true },
  { name: 'genkit', title: 'genkit', package: 'genkit' },
]

const { dependencies } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
  dependencies: Record<string, string>
}
export const versionOf = (peer: Peer): string => dependencies[peer.package]!

export type Request = Pick<Load, 'path' | 'headers' | 'body'>

/** Where a peer is asked, and with what. */
export function requestTo(peer: Peer, upstream: string, contract: Contract): Request {
  if (peer.proxy !== true) return {}
  return {
    path: '/v1/chat/completions',
    headers: {
      authorization: 'Bearer bench',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${upstream}/v1`,
    },
    body: () => bodyOf(contract, freshText()),
  }
}
