import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from './scenario.ts'

/** The head of a request that is written by hand, as no client of HTTP would send what follows it. */
export function headOf({ key }: Target, path: string, headers: Readonly<Record<string, string | number>>): string {
  const all = { host: '127.0.0.1', authorization: `Bearer ${key}`, ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** One piece of a chunked body. */
export const chunkOf = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

/** Connections of one attack, all ended by its signal, and what was heard on them. */
export function openConnections({ port, signal }: Target) {
  const heard = new Map<string, number>()
  const sockets = new Set<Socket>()
  signal.addEventListener('abort', () => {
    for (const socket of sockets) socket.destroy()
  })
  return {
    open({ onClose, reads = true }: { readonly onClose?: () => void; readonly reads?: boolean } = {}): Socket {
      const socket = connect(port, '127.0.0.1')
      sockets.add(socket)
      let status = 'silence'
      socket.on('error', () => undefined)
      if (reads)
        socket.on('data', chunk => {
          status = /^HTTP\/1\.1 (\d+)/.exec(String(chunk))?.[1] ?? status
        })
      socket.once('close', () => {
        sockets.delete(socket)
        heard.set(status, (heard.get(status) ?? 0) + 1)
        if (!signal.aborted) onClose?.()
      })
      return socket
    },
    /** Until the attack is cut off; then what was heard. */
    async untilOver(): Promise<string> {
      while (!signal.aborted) await sleep(100)
      await sleep(500)
      return countsOf(heard)
    },
  }
}

/** Writes as fast as the other side takes it. */
export async function writeAll(socket: Socket, pieces: Iterable<string | Buffer>): Promise<void> {
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  for (const piece of pieces) {
    if (socket.destroyed) return
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain').catch(() => undefined), closed])
  }
}

/** Sends one body and gives the status, or what came in its place. */
export async function post({ url, key, signal }: Target, path: string, type: string, body: string): Promise<string> {
  try {
    const headers = { 'content-type': type, authorization: `Bearer ${key}` }
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body, signal })
    await response.arrayBuffer()
    return String(response.status)
  } catch (error) {
    return signal.aborted ? 'cut off' : ((error as { cause?: { code?: string } }).cause?.code ?? String(error))
  }
}

/** Runs the requests, some at once, and counts how they ended. */
export async function postMany(
  target: Target,
  {
    count,
    atOnce,
    path,
    type,
    body,
  }: {
    readonly count: number
    readonly atOnce: number
    readonly path: string
    readonly type: string
    readonly body: (index: number) => string
  },
): Promise<string> {
  const ends = new Map<string, number>()
  let next = 0
  const lane = async () => {
    while (next < count && !target.signal.aborted) {
      const end = await post(target, path, type, body(next++))
      ends.set(end, (ends.get(end) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return countsOf(ends)
}

export const countsOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([what, count]) => `${count} x ${what}`).join(', ')
