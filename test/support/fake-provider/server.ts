import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type BatchApiOptions, createBatchApi } from './batch-api.ts'
import type { Dialect } from './dialect.ts'
import { loadDialect } from './dialect-files.ts'
import type { FaultMix } from './faults.ts'
import type { RateLimitOptions } from './rate-limit.ts'
import { createRecording, type RecordedRequest } from './recording.ts'
import { error, json, type Reply } from './replies.ts'
import { createRespondent } from './respondent.ts'
import { isObject, type JsonObject } from './schema-reading.ts'
import { send, sendStream } from './send.ts'
import type { Choose } from './stand-in.ts'

export type { Dialect } from './dialect.ts'
export type { FaultMix } from './faults.ts'
export type { RecordedRequest } from './recording.ts'
export type { Reply } from './replies.ts'
export type { Choose } from './stand-in.ts'

export interface FakeProviderOptions {
  readonly dialect?: string | Dialect
  readonly port?: number
  readonly latencyMs?: number
  readonly faults?: FaultMix
  /** The first requests get these, in order; after them the dialect speaks. */
  readonly script?: readonly Reply[]
  readonly choose?: Choose
  readonly seed?: number
  readonly rateLimit?: RateLimitOptions
  /** When models are shut down, by their names, as `GET /models` tells. */
  readonly shutdownDates?: Readonly<Record<string, string>>
  /** How its Batch API behaves, where the dialect has one. */
  readonly batches?: BatchApiOptions
  /** How many requests are kept to be looked at; all are counted. */
  readonly recorded?: number
  readonly onAnswer?: (request: RecordedRequest, milliseconds: number) => void
}

// Any base path is served, for providers differ in theirs, but there has to be one.
const completionsPath = /^\/.+\/chat\/completions$/u
const decisionsPath = /^\/.+\/(decisions|systemone)$/u
const modelsPath = /^\/.+\/models$/u

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8'))
}

/** Starts a provider on the loopback that speaks one dialect. Whoever starts it closes it. */
export async function startFakeProvider(options: FakeProviderOptions = {}) {
  const { dialect: named = 'openai', faults = { shares: {} }, seed = 1, latencyMs = 0 } = options
  const dialect = typeof named === 'string' ? loadDialect(named) : named
  const respondent = createRespondent({ dialect, faults, seed, choose: options.choose, rateLimit: options.rateLimit })
  const recording = createRecording(options.recorded ?? 500)
  const script: Reply[] = [...(options.script ?? [])]
  let active = 0
  let peak = 0

  /** What cannot be answered is a fault of this provider, and says so in place of taking the process along. */
  function answer(body: JsonObject, { headers, url }: IncomingMessage): ReturnType<typeof respondent.answer> {
    const path = url?.split('?', 1)[0] ?? ''
    const asked = decisionsPath.test(path) ? 'decisions' : 'chat'
    // A server of the one contract has no address of the other.
    const contract = path.endsWith('/systemone') ? 'systemone' : 'openai'
    if (asked === 'decisions' && dialect.decisions && dialect.decisions.contract !== contract)
      return { name: 'rejected', headers: {}, wire: error(dialect, 404, `Invalid URL (POST ${path})`) }
    try {
      return respondent.answer(body, headers.authorization, script.shift(), asked)
    } catch (fault) {
      return { name: 'broken', headers: {}, wire: error(dialect, 500, `The fake provider broke: ${fault}`) }
    }
  }

  const batchApi = createBatchApi(dialect, {
    options: options.batches ?? {},
    answer: body => respondent.answer(body, 'Bearer batch', undefined).wire!,
  })

  function deliver(request: IncomingMessage, response: ServerResponse, body: JsonObject): void {
    const started = performance.now()
    const recorded: RecordedRequest = { at: Date.now(), headers: request.headers, body, played: '', status: undefined }
    recording.add(recorded)
    const { name, headers, wire, chunks } = answer(body, request)
    const status = wire === undefined ? 200 : wire.kind === 'answer' ? wire.status : undefined
    recording.played(recorded, name, status)
    const put = () => {
      options.onAnswer?.(recorded, performance.now() - started)
      if (wire) send(response, wire, { headers, streaming: body.stream === true })
      else if (chunks) sendStream(response, chunks, headers)
    }
    const timer = latencyMs > 0 ? setTimeout(put, latencyMs) : undefined
    if (timer) response.once('close', () => clearTimeout(timer))
    else put()
  }

  async function completions(request: IncomingMessage, response: ServerResponse): Promise<void> {
    peak = Math.max(peak, ++active)
    response.once('close', () => active--)
    let body: unknown
    try {
      body = await readBody(request)
    } catch {
      return send(response, error(dialect, 400, 'We could not parse the JSON body of your request.'))
    }
    if (isObject(body)) deliver(request, response, body)
    else send(response, error(dialect, 400, 'The body of the request must be an object.'))
  }

  const models = [dialect.model, ...Object.keys(dialect.models)].map(id => ({
    id,
    object: 'model',
    created: 1_767_225_600,
    owned_by: 'fake-provider',
    shutdown_date: options.shutdownDates?.[id] ?? null,
  }))

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? ''
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    if (request.method === 'POST' && (completionsPath.test(path) || decisionsPath.test(path)))
      void completions(request, response)
    else if (request.method === 'GET' && modelsPath.test(path))
      send(response, json(200, { object: 'list', data: models }))
    else if (batchApi.handle(request, response)) return
    else send(response, error(dialect, 404, `Invalid URL (${request.method} ${path})`))
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    dialect,
    /** The last requests; the list is bounded, `count` is not. */
    requests: recording.requests,
    count: recording.count,
    /** How often each thing was played: ok, rejected, limited, denied, scripted, and every fault by name. */
    tally: recording.tally,
    /** What became of the batches that were sent to it. */
    batchApi,
    /** Adds to the script. */
    play: (...replies: Reply[]) => void script.push(...replies),
    /** Another mix from here on, so that a provider can go down and come back. */
    setFaults: respondent.setFaults,
    /** The most requests that were open at once. */
    peak: () => peak,
    /** Requests that wait for their answer now. */
    active: () => active,
    /** Sockets that are open now. */
    sockets: () =>
      new Promise<number>((resolve, reject) =>
        server.getConnections((fault, count) => (fault ? reject(fault) : resolve(count))),
      ),
    async close(): Promise<void> {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

export type FakeProvider = Awaited<ReturnType<typeof startFakeProvider>>
