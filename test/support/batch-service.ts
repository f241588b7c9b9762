import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { BatchReport } from '../../src/core/batch/batch-report.ts'
import { emptyFolder, pricesFile, startServer } from './command.ts'
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from './fake-provider/server.ts'
import { type RunningService, serveInProcess } from './serve-in-process.ts'

export interface BatchService {
  readonly url: string
  readonly provider: FakeProvider
  readonly server: RunningService
  /** How to start it again on the same data. */
  readonly env: Record<string, string>
  submit(body: string | Uint8Array<ArrayBuffer>, options?: SubmitOptions): Promise<Answer>
  post(path: string, body?: object): Promise<Answer>
  get(path: string): Promise<Answer>
  /** Until the batch is as wanted. */
  until(id: string, wanted: (batch: BatchReport) => boolean): Promise<BatchReport>
}

export interface SubmitOptions {
  readonly query?: string
  readonly idempotencyKey?: string
  readonly headers?: Record<string, string>
}

export interface Answer {
  readonly status: number
  readonly body: BatchReport & { code: string; detail: string; retried: number }
}

interface BatchServiceOptions {
  readonly env?: Record<string, string>
  readonly provider?: FakeProviderOptions
  /** For tests that kill it, or measure how it keeps up. */
  readonly ownProcess?: boolean
}

/** The service with a data folder of its own and a fake provider to ask. */
export async function startBatchService({
  env = {},
  provider: providerOptions = {},
  ownProcess = false,
}: BatchServiceOptions = {}): Promise<BatchService> {
  const provider = await startFakeProvider(providerOptions)
  onTestFinished(() => provider.close())
  const all = {
    OPENAI_BASE_URL: provider.url,
    OPENAI_MODEL: provider.dialect.model,
    DATA_DIR: emptyFolder(),
    UPSTREAM_BACKOFF_MS: '1',
    LOG_LEVEL: 'info',
    PRICES_FILE: pricesFile('gpt-4.1-mini'),
    ...env,
  }
  const server = await (ownProcess ? startServer(all) : serveInProcess(all))
  // The last hook runs first: calls that are under way fail at once, and the service need not wait for them to stop.
  onTestFinished(() => provider.close())
  return { ...clientOf(server.url), url: server.url, provider, server, env: all }
}

/** Short words for the requests that the tests make. */
export function clientOf(
  url: string,
  sent: Record<string, string> = {},
): Pick<BatchService, 'submit' | 'post' | 'get' | 'until'> {
  const answer = async (response: Response): Promise<Answer> => ({
    status: response.status,
    body: (await response.json()) as Answer['body'],
  })
  const get = async (path: string) => answer(await fetch(`${url}${path}`, { headers: sent }))
  return {
    get,
    async submit(body, { query = '', idempotencyKey, headers: more = {} } = {}) {
      const headers = { ...sent, ...more, ...(idempotencyKey && { 'idempotency-key': idempotencyKey }) }
      return answer(await fetch(`${url}/batches${query}`, { method: 'POST', headers, body }))
    },
    async post(path, body) {
      const headers = { ...sent, ...(body && { 'content-type': 'application/json' }) }
      const json = body && { body: JSON.stringify(body) }
      return answer(await fetch(`${url}${path}`, { method: 'POST', headers, ...json }))
    },
    async until(id, wanted) {
      for (;;) {
        const { body } = await get(`/batches/${id}`)
        if (wanted(body)) return body
        await sleep(25)
      }
    },
  }
}

export const ended = ({ status }: BatchReport): boolean => status === 'completed' || status === 'cancelled'

/** NDJSON of so many small documents. */
export const someLines = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, index) => {
    const id = from + index
    return `${JSON.stringify({ id, text: `# Project ${id}\n\nA command line tool that sorts things, number ${id}.` })}\n`
  }).join('')

/** The results of a batch, read line by line. */
export async function resultsOf(url: string, id: string, query = ''): Promise<ResultLine[]> {
  const text = await (await fetch(`${url}/batches/${id}/results${query}`)).text()
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}

export interface ResultLine {
  readonly id: string | number | null
  readonly tags?: readonly number[]
  readonly details?: { readonly outcome: string; readonly model: string }
  readonly error?: { readonly code: string; readonly detail: string; readonly line?: number; readonly element?: number }
}
