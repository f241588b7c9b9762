import { setTimeout as sleep } from 'node:timers/promises'
import type { BatchEstimate } from '../domain/batch-estimate.ts'
import type { BatchReport } from '../domain/batch-report.ts'
import { type ErrorCode, errorCodes, ServiceError } from '../domain/outcome.ts'

export interface SubmitOptions {
  readonly settings: {
    readonly prompt?: string
    readonly maxTags?: string
    readonly maxCostUsd?: string
    readonly maxTokens?: string
    readonly delivery?: string
  }
  readonly idempotencyKey: string | undefined
}

const reconnectMs = 1_000
const ended: readonly BatchReport['status'][] = ['completed', 'cancelled']

/** The batches of a service, over HTTP. Every method throws a ServiceError: the service's own, or that it is not there. */
export function createBatchClient(url: string) {
  async function ask(path: string, options: RequestInit & { duplex?: 'half' } = {}): Promise<Response> {
    const response = await fetch(new URL(path, url), options).catch(cause => {
      throw new ServiceError('upstream_unavailable', `There is no service at ${url}.`, { cause })
    })
    if (response.ok) return response
    const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string }
    const code = errorCodes.find(known => known === problem.code) ?? ('internal' satisfies ErrorCode)
    throw new ServiceError(code, problem.detail ?? `The service answered with status ${response.status}.`)
  }
  const askForBatch = async (...asked: Parameters<typeof ask>) => (await (await ask(...asked)).json()) as BatchReport
  const pathOf = (id: string, rest = '') => `/batches/${encodeURIComponent(id)}${rest}`

  const read = (id: string) => askForBatch(pathOf(id))

  async function* events(id: string, lastId: string | undefined): AsyncGenerator<{ id: string; batch: BatchReport }> {
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId }
    const response = await ask(pathOf(id, '/events'), { headers })
    let text = ''
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (text + chunk).split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = /^id: (.*)\nevent: batch\ndata: (.*)$/.exec(block)
        if (event) yield { id: event[1]!, batch: JSON.parse(event[2]!) }
      }
    }
  }

  function send(path: string, { body, settings, idempotencyKey }: SubmitOptions & { body: ReadableStream }) {
    const query = new URLSearchParams()
    const { prompt, maxTags, maxCostUsd, maxTokens, delivery } = settings
    const named = { prompt, max_tags: maxTags, max_cost_usd: maxCostUsd, max_tokens: maxTokens, delivery }
    for (const [name, value] of Object.entries(named)) if (value !== undefined) query.set(name, value)
    return ask(`${path}?${query}`, {
      method: 'POST',
      body,
      duplex: 'half',
      headers: {
        'content-type': 'application/x-ndjson',
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
    })
  }

  return {
    submit: async (body: ReadableStream, { settings, idempotencyKey }: SubmitOptions) =>
      (await (await send('/batches', { body, settings, idempotencyKey })).json()) as BatchReport,
    estimate: async (body: ReadableStream, settings: SubmitOptions['settings']) =>
      (await (await send('/batches/estimate', { body, settings, idempotencyKey: undefined })).json()) as BatchEstimate,
    read,
    act: (id: string, action: 'cancel' | 'pause' | 'resume' | 'retry', body?: object) =>
      askForBatch(pathOf(id, `/${action}`), {
        method: 'POST',
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      }),
    async results(id: string, { details, failed }: { details: boolean; failed: boolean }) {
      const query = new URLSearchParams({ ...(details && { details: 'true' }), ...(failed && { status: 'failed' }) })
      return (await ask(pathOf(id, `/results?${query}`))).body ?? new ReadableStream<Uint8Array>()
    },
    /** Each state of the batch until it has ended; a connection that breaks is made again. */
    async *watch(id: string): AsyncGenerator<BatchReport> {
      let last = { id: undefined as string | undefined, batch: await read(id) }
      for (;;) {
        try {
          for await (const event of events(id, last.id)) {
            last = event
            yield event.batch
          }
        } catch (error) {
          if (error instanceof ServiceError && error.code !== 'upstream_unavailable') throw error
        }
        if (ended.includes(last.batch.status)) return
        await sleep(reconnectMs)
      }
    },
  }
}
