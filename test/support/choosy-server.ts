import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { completion } from './endpoint.ts'

/** What is answered in place of a completion. A body that is text is sent as a page. */
export interface Refusal {
  readonly status: number
  readonly body: object | string
}

export interface ChoosyServer {
  readonly url: string
  /** The documents it was asked about, in order. */
  readonly asked: readonly string[]
  refuses(refuse: (document: string) => Refusal | undefined): void
}

/** An endpoint that answers every document with the tag 36, but for those it is told to refuse. */
export async function startChoosyServer(): Promise<ChoosyServer> {
  const asked: string[] = []
  let refusalOf: (document: string) => Refusal | undefined = () => undefined
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    // What models there are is asked for as well.
    if (request.method !== 'POST') return response.writeHead(404).end()
    const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as { messages: { content: string }[] }
    const document = messages.at(-1)!.content
    asked.push(document)
    const { status, body } = refusalOf(document) ?? { status: 200, body: completion('{"tags":[36]}') }
    const type = typeof body === 'string' ? 'text/html' : 'application/json'
    response.writeHead(status, { 'content-type': type })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    refuses: refuse => {
      refusalOf = refuse
    },
  }
}
