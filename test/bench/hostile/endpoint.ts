import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Replies } from './scenario.ts'

/** An endpoint that answers texts with a mark such as `[[name]]` by the reply of that name, and all others as the one behind it. */
export async function startHostileEndpoint(behind: string, replies: Replies) {
  const server = createServer(async (incoming, outgoing) => {
    outgoing.on('error', () => undefined)
    const body = await buffer(incoming)
    const text = body.toString('utf8')
    const name = Object.keys(replies).find(each => text.includes(`[[${each}]]`))
    if (name !== undefined) return replies[name]!(outgoing)
    const path = incoming.url!.replace(/^\/v1/, '')
    const { host: _host, ...headers } = incoming.headers
    const asked = request(`${behind}${path}`, { method: incoming.method!, headers }, answered => {
      outgoing.writeHead(answered.statusCode!, answered.headers)
      answered.pipe(outgoing)
    })
    asked.on('error', () => outgoing.destroy())
    asked.end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
