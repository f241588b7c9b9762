import type { z } from 'zod'
import { faultsOf } from '../core/faults.ts'
import { Problem } from '../core/problem.ts'
import { waitMilliseconds } from '../core/time/retry-after.ts'
import { TagsmithError } from './tagsmith-error.ts'

export interface ClientOptions {
  /** Where the service is, with the path it is behind, if any. */
  readonly url: string
  /** A key that `tagsmith keys new` made. */
  readonly apiKey?: string | undefined
  readonly fetch?: typeof fetch | undefined
  /** How often a call is made again; 4 unless told. */
  readonly retries?: number | undefined
  /** The most milliseconds in which nothing is heard, for each try; unless told, five minutes for `classify`, else 90 s. */
  readonly timeout?: number | undefined
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

export interface Call extends CallOptions {
  readonly method?: 'GET' | 'POST'
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Blob | ReadableStream<Uint8Array>
  /** Whether it does no harm to make the call again when it is not known what came of it. */
  readonly repeatable?: boolean
  /** Takes as long as the caller's body does. */
  readonly patient?: boolean
  /** Nothing is heard until a model has answered, which may first have to be loaded. */
  readonly asksModel?: boolean
}

export const json = (body: unknown) => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
export const ndjson = { 'content-type': 'application/x-ndjson' }

// Whoever is told to come back tomorrow would rather know.
const longestWaitMs = 60_000

export type Connection = ReturnType<typeof createConnection>

/** Calls of one service: made again where that may help, and failing with a TagsmithError alone. */
export function createConnection(options: ClientOptions) {
  const { apiKey, fetch: send = fetch, retries = 4 } = options
  const base = options.url.replace(/\/+$/, '')

  function failure(error: unknown, silence: Silence, signal: AbortSignal | undefined): unknown {
    if (error instanceof TagsmithError) return error
    if (signal?.aborted) return signal.reason
    if (silence.tooLong)
      return new TagsmithError('timeout', `Nothing was heard from ${base} for ${silence.milliseconds} ms.`)
    return new TagsmithError('unreachable', `There is no service at ${base}, or the connection broke.`, {
      cause: error,
    })
  }

  async function once<T>(path: string, call: Call, use: (response: Response, silence: Silence) => Promise<T>) {
    const { method = 'GET', query = {}, headers, body, signal, patient = false, asksModel = false } = call
    const { timeout = asksModel ? 300_000 : 90_000 } = options
    const silence = limitSilence(patient ? Number.POSITIVE_INFINITY : timeout, signal)
    const asked = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) if (value !== undefined) asked.set(name, String(value))
    try {
      const request: RequestInit & { duplex: 'half' } = {
        method,
        headers: { ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }), ...headers },
        signal: silence.signal,
        duplex: 'half',
        ...(body !== undefined && { body: body as NonNullable<RequestInit['body']> }),
      }
      const response = await send(`${base}${path}${asked.size > 0 ? `?${asked}` : ''}`, request)
      silence.heard()
      if (!response.ok) throw await errorOf(response)
      return await use(response, silence)
    } catch (error) {
      silence.stop()
      throw failure(error, silence, signal)
    }
  }

  async function request<T>(path: string, call: Call, use: (response: Response, silence: Silence) => Promise<T>) {
    for (let failures = 0; ; failures += 1) {
      try {
        return await once(path, call, use)
      } catch (error) {
        const wait = waitBefore(error, call, failures)
        if (wait === undefined || failures >= retries) throw error
        await pause(wait, call.signal)
      }
    }
  }

  return {
    /** An answer in JSON. */
    read: <Shape extends z.ZodType>(path: string, shape: Shape, call: Call = {}): Promise<z.infer<Shape>> =>
      request(path, call, async (response, silence) => {
        const text = await response.text()
        silence.stop()
        return checked(shape, parsed(text))
      }),
    /** The lines of a long answer, each once it is complete; a connection that breaks then is the caller's to mend. */
    lines: (path: string, call: Call = {}): Promise<AsyncGenerator<string, undefined>> =>
      request(path, call, async (response, silence) =>
        linesOf(response, { silence, failure: error => failure(error, silence, call.signal) }),
      ),
  }
}

/** Undefined when it is no use, or no good, to make the call again. */
function waitBefore(error: unknown, { body, repeatable = true }: Call, failures: number): number | undefined {
  if (!(error instanceof TagsmithError)) return undefined
  const { code, status, retryAfter } = error
  // Such a body is gone once it was sent.
  if (body instanceof ReadableStream) return undefined
  const turnedAway = status === 429 || status === 503
  const gateway = code === 'unexpected_answer' && (status === 502 || status === 504)
  const lost = status === undefined ? code !== 'unexpected_answer' : status === 408
  if (!turnedAway && !(repeatable && (gateway || lost))) return undefined
  const wait = retryAfter === undefined ? 0 : retryAfter * 1000
  return wait > longestWaitMs ? undefined : Math.max(wait, backOff(failures))
}

async function* linesOf(
  response: Response,
  { silence, failure }: { silence: Silence; failure: (error: unknown) => unknown },
): AsyncGenerator<string, undefined> {
  // By its reader, as not every browser iterates over a stream.
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
      silence.heard()
      const lines = (text + decoder.decode(chunk.value, { stream: true })).split('\n')
      text = lines.pop() ?? ''
      yield* lines
      silence.heard()
    }
  } catch (error) {
    throw failure(error)
  } finally {
    silence.stop()
    await reader?.cancel().catch(() => undefined)
  }
}

/** The value as its shape has it. A key that a newer service adds is no fault. @throws TagsmithError */
export function checked<Shape extends z.ZodType>(shape: Shape, value: unknown): z.infer<Shape> {
  const { success, error } = shape.safeParse(value)
  if (success || error.issues.every(({ code }) => code === 'unrecognized_keys')) return value as z.infer<Shape>
  const [fault] = faultsOf(error)
  throw new TagsmithError(
    'unexpected_answer',
    `The answer is not one of tagsmith, or of another version: ${fault?.pointer || 'it'} ${fault?.message}.`,
  )
}

/** @throws TagsmithError */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new TagsmithError('unexpected_answer', 'The answer is not JSON.')
  }
}

/** What a failed answer says: the service's own problem, or that something before it answered. */
async function errorOf(response: Response): Promise<TagsmithError> {
  const { status, headers } = response
  const body = await response.json().catch(() => undefined)
  const { data: problem } = Problem.safeParse(body)
  const wait = waitMilliseconds({ headers, now: Date.now() })
  const retryAfter = wait === undefined ? undefined : wait / 1000
  if (problem) return new TagsmithError(problem.code, problem.detail, { status, problem, retryAfter })
  return new TagsmithError('unexpected_answer', `Something that is not tagsmith answered with status ${status}.`, {
    ...{ status, retryAfter },
  })
}

/** @throws the reason of the signal, when that is aborted first */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(done, milliseconds)
    function done(): void {
      signal?.removeEventListener('abort', stop)
      resolve()
    }
    function stop(): void {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}

const firstBackOffMs = 250
const longestBackOffMs = 8_000

/** Twice as long each time, and never the same for two clients that failed together. */
const backOff = (failures: number): number =>
  Math.min(longestBackOffMs, firstBackOffMs * 2 ** failures) * (0.5 + Math.random() / 2)

interface Silence {
  /** Aborted when nothing was heard for too long, or by the caller. */
  readonly signal: AbortSignal
  readonly tooLong: boolean
  /** The most in which nothing may be heard. */
  readonly milliseconds: number
  heard(): void
  stop(): void
}

/** Ends a connection on which nothing comes any more; what still comes may take as long as it likes. */
function limitSilence(milliseconds: number, caller: AbortSignal | undefined): Silence {
  const silent = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = () => clearTimeout(timer)
  const heard = () => {
    stop()
    if (milliseconds !== Number.POSITIVE_INFINITY) timer = setTimeout(() => silent.abort(), milliseconds)
  }
  heard()
  return {
    signal: caller ? AbortSignal.any([caller, silent.signal]) : silent.signal,
    get tooLong() {
      return silent.signal.aborted
    },
    milliseconds,
    heard,
    stop,
  }
}
