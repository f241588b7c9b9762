import type { ServerResponse } from 'node:http'
import type { Wire } from './replies.ts'
import type { JsonObject } from './schema-reading.ts'

/** Puts an answer on the wire; what stalls is left open until the client or the server goes away. */
export function send(
  response: ServerResponse,
  wire: Wire,
  options: { headers?: Record<string, string>; streaming?: boolean } = {},
): void {
  const { headers = {}, streaming = false } = options
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
  const type = streaming ? 'text/event-stream' : 'application/json'
  response.writeHead(200, { ...headers, 'content-type': type, ...(streaming ? {} : { 'content-length': 512 }) })
  response.write(streaming ? 'data: {"id":"chatcmpl-' : '{"id":"chatcmpl-', () => {
    if (wire.kind === 'reset') response.socket?.resetAndDestroy()
  })
}

/** The whole stream as one text, for what is to be cut. */
export const streamText = (chunks: Iterable<JsonObject>): string =>
  `${Array.from(chunks, chunk => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`

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
