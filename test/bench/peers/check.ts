/** That a peer keeps the contract: what it asks of the model, and what it answers. */

import { deepEqual, equal, ok } from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Contract, completionOf, idsOf } from '../overhead/contract.ts'
import { fresh, readme } from '../overhead/documents.ts'
import { type Server, startServer } from '../overhead/process.ts'
import { type Peer, program, type Request, requestTo } from './list.ts'

/** A model that keeps what it was asked last, and answers what it is told to. */
async function startModel() {
  let tags: readonly number[] = [36, 57, 18]
  let asked = ''
  const server = createServer(async (request, response) => {
    asked = await text(request)
    response.writeHead(200, { 'content-type': 'application/json' }).end(completionOf(tags))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => JSON.parse(asked) as { messages: { role: string; content: string }[]; response_format: unknown },
    answer(next: readonly number[]) {
      tags = next
    },
    stop: () => server.close().closeAllConnections(),
  }
}

export async function ask(server: Server, { path = '/classify', headers = {}, body = fresh }: Request = {}) {
  const sent = { 'content-type': 'application/json', ...headers }
  const response = await fetch(server.url + path, { method: 'POST', headers: sent, body: body() })
  return { status: response.status, text: await response.text() }
}

/** @throws when a peer asks for something else than the contract, or answers with other ids than `expected` */
export async function check(peer: Peer, contractFile: string, contract: Contract, expected: number[]): Promise<void> {
  const model = await startModel()
  const server = await startServer(peer.name, { args: [model.url, contractFile], cpu: 0, program })
  const request = requestTo(peer, model.url, contract)
  const say = (what: string) => `${peer.title}: ${what}`
  try {
    const answer = await ask(server, request)
    equal(answer.status, 200, say(answer.text))
    deepEqual(peer.proxy ? idsOf(answer.text, contract) : JSON.parse(answer.text).tags, expected, say('its tags'))

    const { messages, response_format: format } = model.asked()
    const has = (role: string, words: string) =>
      messages.some(message => message.role === role && message.content.includes(words))
    ok(has('system', contract.system), say('the system message'))
    ok(has('user', readme.trim()), say('the document'))
    const schema = JSON.stringify(format)
    ok(schema.includes(`"enum":[${[...contract.ids].join(',')}]`), say('the list in the response format'))
    ok(schema.includes('"maxItems":3'), say('the limit in the response format'))

    if (peer.proxy) return
    model.answer([36, 100_000])
    const wrong = await ask(server, request)
    ok(wrong.status !== 200 || !wrong.text.includes('100000'), say('a tag that is not on the list'))
  } finally {
    server.stop()
    model.stop()
  }
}
