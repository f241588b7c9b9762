import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dialect } from './dialect.ts'
import { error, json, type Wire } from './replies.ts'
import { isObject, type JsonObject } from './schema-reading.ts'
import { send } from './send.ts'

export interface BatchLine {
  readonly customId: string
  readonly body: JsonObject
  /** The text of the first user message. */
  readonly document: string
  /** From 0: the batch of this provider, and the place in its file. */
  readonly batch: number
  readonly place: number
}

/**
 * What becomes of a line in place of being run: nothing in time, nothing at all, or a refusal. `cut` is run and paid
 * for, but the end of its line is missing at the first download.
 */
export type Fate = 'expired' | 'missing' | 'cut' | { readonly status: number; readonly code?: string }

export type BatchCall = 'upload' | 'create' | 'read' | 'content' | 'cancel' | 'delete'

export interface BatchApiOptions {
  readonly fate?: (line: BatchLine) => Fate | undefined
  /** How often a batch says that it is at work before it has ended. */
  readonly looks?: number
  /** A batch that is refused as a whole, with this code. */
  readonly refuse?: (batch: number) => string | undefined
  /** Called when a call has had its effect, before it is answered: the place to kill whoever asked. */
  readonly onCall?: (call: BatchCall, count: number) => void
}

interface FakeBatch {
  readonly id: string
  readonly number: number
  readonly inputFile: string
  /** As it was when the batch was created. */
  readonly text: string
  readonly metadata: unknown
  status: string
  looks: number
  outputFile: string | null
  errorFile: string | null
  code: string | undefined
}

type File = (download: number) => string

const documentIn = (body: JsonObject): string => {
  const messages = Array.isArray(body.messages) ? (body.messages as JsonObject[]) : []
  return String(messages.find(({ role }) => role === 'user')?.content ?? '')
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** The Batch API: files, batches, output and error files in no order. */
export function createBatchApi(dialect: Dialect, { options, answer }: BatchApiNeeds) {
  const { looks = 2, fate, refuse, onCall } = options
  const files = new Map<string, { text: File; downloads: number }>()
  const batches: FakeBatch[] = []
  const paid = new Map<string, number>()
  const calls: Partial<Record<BatchCall, number>> = {}
  let serial = 0

  function keep(text: File): string {
    const id = `file-fake${++serial}`
    files.set(id, { text, downloads: 0 })
    return id
  }

  /** Runs the first `share` of the lines. */
  function run(batch: FakeBatch, share = 1): void {
    const lines = batch.text.split('\n').filter(line => line !== '')
    const output: { line: string; cut: boolean }[] = []
    const failures: string[] = []
    for (const [place, line] of lines.slice(0, Math.ceil(lines.length * share)).entries()) {
      const { custom_id, body } = JSON.parse(line) as { custom_id: string; body: JsonObject }
      const document = documentIn(body)
      const met = fate?.({ customId: custom_id, body, document, batch: batch.number, place })
      const entry = (response: unknown, failure: unknown) =>
        JSON.stringify({ id: `batch_req_${++serial}`, custom_id, response, error: failure })
      if (met === 'missing') continue
      if (met === 'expired') {
        failures.push(entry(null, { code: 'batch_expired', message: 'This request could not be executed in time.' }))
        continue
      }
      const wire: Wire =
        typeof met === 'object'
          ? error(dialect, met.status, 'The fake provider was told to fail.', met.code ? { code: met.code } : {})
          : answer(body)
      if (wire.kind !== 'answer') throw new RangeError('a line of a batch cannot stall')
      const response = { status_code: wire.status, request_id: `req_${serial}`, body: JSON.parse(wire.body) }
      if (wire.status >= 400) failures.push(entry(response, null))
      else {
        paid.set(document, (paid.get(document) ?? 0) + 1)
        output.push({ line: entry(response, null), cut: met === 'cut' })
      }
    }
    output.reverse()
    const textOf = (download: number) =>
      output.map(({ line, cut }) => `${cut && download === 0 ? line.slice(0, line.length / 2) : line}\n`).join('')
    if (output.length > 0) batch.outputFile = keep(textOf)
    if (failures.length > 0) batch.errorFile = keep(() => failures.map(line => `${line}\n`).join(''))
    const expired = failures.some(line => line.includes('batch_expired'))
    batch.status = share < 1 ? 'cancelled' : expired ? 'expired' : 'completed'
  }

  function look(batch: FakeBatch): void {
    if (batch.status === 'cancelling') run(batch, 0.5)
    if (batch.status !== 'validating' && batch.status !== 'in_progress') return
    batch.looks += 1
    batch.status = 'in_progress'
    if (batch.looks < looks) return
    batch.code = refuse?.(batch.number)
    if (batch.code === undefined) run(batch)
    else batch.status = 'failed'
  }

  const shown = (batch: FakeBatch): JsonObject => ({
    id: batch.id,
    object: 'batch',
    endpoint: '/v1/chat/completions',
    input_file_id: batch.inputFile,
    completion_window: '24h',
    status: batch.status,
    output_file_id: batch.outputFile,
    error_file_id: batch.errorFile,
    created_at: 1_795_000_000 + batch.number,
    metadata: batch.metadata as JsonObject,
    errors: batch.code === undefined ? null : { object: 'list', data: [{ code: batch.code, message: 'No.' }] },
  })

  async function upload(request: IncomingMessage): Promise<Wire> {
    const headers = { 'content-type': request.headers['content-type'] ?? '' }
    const form = await new Response(new Uint8Array(await readAll(request)), { headers }).formData()
    const file = form.get('file')
    if (form.get('purpose') !== 'batch' || !(file instanceof Blob))
      return error(dialect, 400, 'A batch file is needed.')
    const text = await file.text()
    const id = keep(() => text)
    return json(200, { id, object: 'file', bytes: file.size, created_at: 1, filename: 'x.jsonl', purpose: 'batch' })
  }

  async function create(request: IncomingMessage): Promise<Wire> {
    const body = JSON.parse((await readAll(request)).toString('utf8')) as JsonObject
    const inputFile = String(body.input_file_id)
    const text = files.get(inputFile)?.text(0)
    if (text === undefined) return error(dialect, 400, `No such File object: ${inputFile}`)
    const number = batches.length
    const fresh = { status: 'validating', looks: 0, outputFile: null, errorFile: null, code: undefined }
    const metadata = isObject(body.metadata) ? body.metadata : null
    const batch: FakeBatch = { id: `batch_fake${number}`, number, inputFile, text, metadata, ...fresh }
    batches.push(batch)
    return json(200, shown(batch))
  }

  function list(query: URLSearchParams): Wire {
    const newest = batches.toReversed()
    const start = newest.findIndex(({ id }) => id === query.get('after')) + 1
    const page = newest.slice(start, start + Number(query.get('limit') ?? 20))
    return json(200, { object: 'list', data: page.map(shown), has_more: start + page.length < newest.length })
  }

  async function respond(request: IncomingMessage, url: URL): Promise<[Wire, BatchCall?]> {
    const [, kind, id, rest] = /\/(files|batches)(?:\/([\w-]+))?(?:\/(content|cancel))?$/.exec(url.pathname) ?? []
    const batch = batches.find(known => known.id === id)
    const file = files.get(id ?? '')
    switch (`${request.method} ${kind}${id ? '/id' : ''}${rest ? `/${rest}` : ''}`) {
      case 'POST files':
        return [await upload(request), 'upload']
      case 'GET files/id/content':
        if (!file) break
        return [
          {
            kind: 'answer',
            status: 200,
            headers: { 'content-type': 'application/jsonl' },
            body: file.text(file.downloads++),
          },
          'content',
        ]
      case 'DELETE files/id':
        if (!files.delete(id!)) break
        return [json(200, { id, object: 'file', deleted: true }), 'delete']
      case 'POST batches':
        return [await create(request), 'create']
      case 'GET batches':
        return [list(url.searchParams)]
      case 'GET batches/id':
        if (!batch) break
        look(batch)
        return [json(200, shown(batch)), 'read']
      case 'POST batches/id/cancel':
        if (!batch) break
        if (batch.status === 'validating' || batch.status === 'in_progress') batch.status = 'cancelling'
        return [json(200, shown(batch)), 'cancel']
    }
    return [error(dialect, 404, 'There is no such thing here.')]
  }

  return {
    /** How often each document was run, and so paid for. */
    paid,
    batches,
    files,
    /** Runs to their end the batches that nobody has asked for: they are paid for all the same. */
    settle(): void {
      for (const batch of batches)
        while (['validating', 'in_progress', 'cancelling'].includes(batch.status)) look(batch)
    },
    /** False when the path is none of its own. */
    handle(request: IncomingMessage, response: ServerResponse): boolean {
      const url = new URL(request.url ?? '', 'http://localhost')
      if (dialect.batches === 'none' || !/^\/.+\/(files|batches)(\/|$)/.test(url.pathname)) return false
      if (dialect.batches === 'foreign') send(response, json(200, []))
      else
        void respond(request, url).then(([wire, call]) => {
          if (call) {
            calls[call] = (calls[call] ?? 0) + 1
            onCall?.(call, calls[call])
          }
          send(response, wire)
        })
      return true
    },
  }
}

interface BatchApiNeeds {
  readonly options: BatchApiOptions
  readonly answer: (body: JsonObject) => Wire
}
