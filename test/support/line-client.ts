import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import type { Problem } from '../../src/core/problem.ts'
import { startBatchService } from './batch-service.ts'

/** An answer, or an error line. */
export interface AnswerLine {
  readonly id: string | number | null
  readonly tags?: readonly number[]
  readonly details?: { readonly outcome: string }
  readonly line?: number
  readonly error?: Problem
}

export interface LineClient {
  readonly sent: ClientRequest
  /** The head of the answer, which comes before any line. */
  readonly response: Promise<IncomingMessage>
  write(...lines: (object | string)[]): void
  end(): void
  /** The next lines as they come. */
  take(count: number): Promise<AnswerLine[]>
  rest(): Promise<AnswerLine[]>
}

/** Sends NDJSON to `/classify` and reads the answers while it sends. */
export function openLines(
  url: string,
  { query = '', headers = {} }: { query?: string; headers?: Record<string, string> } = {},
): LineClient {
  const sent = request(`${url}/classify${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
  })
  sent.flushHeaders()
  const response = new Promise<IncomingMessage>((resolve, reject) =>
    sent.once('response', resolve).once('error', reject),
  )
  response.catch(() => undefined)
  async function* read(): AsyncGenerator<AnswerLine> {
    for await (const line of createInterface({ input: await response })) yield JSON.parse(line)
  }
  const lines = read()
  const take = async (count: number) => {
    const taken: AnswerLine[] = []
    while (taken.length < count) {
      const { value, done } = await lines.next()
      if (done) break
      taken.push(value)
    }
    return taken
  }
  return {
    sent,
    response,
    write(...entries) {
      for (const entry of entries) sent.write(`${typeof entry === 'string' ? entry : JSON.stringify(entry)}\n`)
    },
    end: () => void sent.end(),
    take,
    rest: () => take(Number.POSITIVE_INFINITY),
  }
}

/** In a process of its own: nock would hold back what is not whole yet. */
export async function startLineService({
  firstHeaders = {},
  ...options
}: Parameters<typeof startBatchService>[0] & { firstHeaders?: Record<string, string> } = {}) {
  const { url, provider, server } = await startBatchService(options)
  const ask = (text: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/classify`, { method: 'POST', headers: { 'content-type': 'text/plain', ...headers }, body: text })
  // The first request finds out alone how the endpoint wants to be asked.
  await ask('A first text.', firstHeaders)
  const logged = () =>
    server
      .output()
      .split('\n')
      .filter(line => line.includes('"lines":'))
      .map(line => JSON.parse(line))
  return { url, provider, server, ask, logged, before: provider.count() }
}

export const project = (id: number) => ({ id, text: `# Project ${id}\n\nA command line tool that sorts things.` })
export const projects = (count: number) => Array.from({ length: count }, (_, index) => project(index + 1))
