import type { ServerResponse } from 'node:http'
import type { Wire } from './replies.ts'
import type { JsonObject } from './schema-reading.ts'

/** Puts an answer on the wire; what stalls is left open until the client or the server goes away. */
export function send(response: ServerResponse, wire: Wire, headers: Record<string, string>): void {
  if (response.destroyed) return
  if (wire.kind === 'answer') {
    const all = { ...headers, ...wire.headers, 'content-length': Buffer.byteLength(wire.body) }
    response.writeHead(wire.status, all).end(wire.body)
    return
  }
  if (wire.kind === 'reset' && !wire.afterHeaders) {
    response.socket?.resetAndDestroy()
    return
  }
  if (!wire.afterHeaders) return
  response.writeHead(200, { ...headers, 'content-type': 'application/json', 'content-length': 512 })
  response.write('{"id":"chatcmpl-', () => {
    if (wire.kind === 'reset') response.socket?.resetAndDestroy()
  })
}

export function sendStream(
  response: ServerResponse,
  chunks: Iterable<JsonObject>,
  headers: Record<string, string>,
): void {
  if (response.destroyed) return
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for (const chunk of chunks) response.write(`data: ${JSON.stringify(chunk)}\n\n`)
  response.end('data: [DONE]\n\n')
}
