import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type Answering = (response: ServerResponse, request: IncomingMessage) => void

export interface ScriptedServer {
  readonly url: string
  /** What was asked, and when, in milliseconds since 1970. */
  readonly asked: readonly { readonly line: string; readonly at: number }[]
}

/** A server that answers each request as the script says, the last line of it for all that follow. */
export async function startScriptedServer(...script: readonly Answering[]): Promise<ScriptedServer> {
  const asked: { line: string; at: number }[] = []
  const server = createServer((request, response) => {
    const answer = script[Math.min(asked.length, script.length - 1)]!
    asked.push({ line: `${request.method} ${request.url}`, at: Date.now() })
    request.resume()
    request.once('end', () => answer(response, request))
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

export const json =
  (
    body: object,
    { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
  ): Answering =>
  response =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

export const reset: Answering = response => void response.socket?.resetAndDestroy()
export const silent: Answering = () => undefined

/** Sends these lines and then cuts the connection. */
export const cutAfter =
  (lines: string): Answering =>
  response => {
    response.writeHead(200)
    response.write(lines, () => setTimeout(() => response.socket?.resetAndDestroy(), 50))
  }
