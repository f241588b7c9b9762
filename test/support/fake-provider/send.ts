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

/** A chunk, or what stands in a stream in place of one, word for word. */
export type Frame = JsonObject | string

const frameText = (frame: Frame): string => (typeof frame === 'string' ? frame : `data: ${JSON.stringify(frame)}\n\n`)

/** The whole stream as one text, for what is to be cut. */
export const streamText = (frames: Iterable<Frame>): string =>
  `${Array.from(frames, frameText).join('')}data: [DONE]\n\n`

export function sendStream(response: ServerResponse, frames: Iterable<Frame>, headers: Record<string, string>): void {
  if (response.destroyed) return
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for (const frame of frames) response.write(frameText(frame))
  response.end('data: [DONE]\n\n')
}
