/** One server of the bench, by name, in a process of its own: `node server.ts <name> <upstream> <contract.json>`. */

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OpenAI } from 'openai'
import { Pool } from 'undici'
import { bodyOf, type Contract, createCheapUpstream, idsOf, readContract } from './contract.ts'
import { logger, say, startFastify } from './route.ts'

const [name = '', upstream = '', contractFile = ''] = process.argv.slice(2)
const contract: Contract | undefined = contractFile
  ? readContract(JSON.parse(readFileSync(contractFile, 'utf8')))
  : undefined

const headers = { 'content-type': 'application/json', accept: 'application/json', authorization: 'Bearer bench' }
const pool = upstream === '' || name === 'upstream' ? undefined : new Pool(new URL(upstream).origin)

async function ask(text: string): Promise<number[]> {
  const body = bodyOf(contract!, text)
  const response = await pool!.request({ path: '/v1/chat/completions', method: 'POST', headers, body })
  return idsOf(await response.body.text(), contract!)
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function startRaw(): Promise<number> {
  let counted = 0
  const server = createServer(async (request, response) => {
    const start = performance.now()
    const { id, text } = JSON.parse(await readText(request)) as { id: string; text: string }
    const requestId = request.headers['x-request-id'] ?? randomUUID()
    const answer = JSON.stringify({ id, tags: await ask(text) })
    counted += 1
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(answer),
      'x-request-id': requestId,
    })
    response.end(answer)
    logger.info(
      { request_id: requestId, status: 200, count: counted, elapsed_ms: performance.now() - start },
      'request',
    )
  })
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
}

/** The SDK as its documentation shows it, on the platform's own fetch. */
function plainSdk(): (text: string) => Promise<number[]> {
  const client = new OpenAI({ baseURL: `${upstream}/v1`, apiKey: 'bench', maxRetries: 2 })
  return async text => {
    const completion = await client.chat.completions.create(JSON.parse(bodyOf(contract!, text)))
    return idsOf(JSON.stringify(completion), contract!)
  }
}

if (name === 'upstream') {
  const server = createCheapUpstream(Number(upstream))
  server.listen(0, '127.0.0.1', () => say((server.address() as AddressInfo).port))
} else if (name === 'raw') say(await startRaw())
else if (name === 'fastify') say(await startFastify(ask))
else if (name === 'plain-sdk') say(await startFastify(plainSdk()))
else throw new RangeError(`there is no server "${name}"`)
