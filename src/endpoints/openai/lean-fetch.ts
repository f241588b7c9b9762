import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { type Dispatcher, Pool } from 'undici'
import { errorLimit, overLimit } from './bounded-fetch.ts'

/** A `fetch` that can also be told how many milliseconds a call may take, its body included. */
export type LeanFetch = (...args: [...Parameters<typeof fetch>, milliseconds?: number]) => Promise<Response>

export interface LeanFetchOptions {
  /** The only origin it asks by itself. */
  readonly origin: string
  /** For all that it leaves alone: other origins, bodies that are no bytes. */
  readonly fallback: typeof fetch
  /** The most bytes of a reply; what comes after them is not read. */
  readonly replyLimit: number
}

/** Not asked for, but some servers send them all the same. */
type Decode = (body: Buffer, options: { maxOutputLength: number }) => Buffer
const decoders: Readonly<Record<string, Decode>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
}

/**
 * A `fetch` for the SDK that costs a fraction of the platform's: one origin, kept connections, the whole reply read
 * before it resolves. So an abort, and the end of the time it is given, also end a reply that stalls half way.
 */
export function createLeanFetch({ origin, fallback, replyLimit }: LeanFetchOptions): LeanFetch {
  // Time is kept for each call.
  const pool = new Pool(origin, { headersTimeout: 0, bodyTimeout: 0 })

  return async (input, init = {}, milliseconds = undefined) => {
    const { body, signal, headers, method } = init
    const address = String(input)
    const isOurs = address.startsWith(`${origin}/`) && body instanceof Uint8Array && method?.toUpperCase() === 'POST'
    if (!isOurs) return fallback(input, init)
    const path = address.slice(origin.length)
    const lines = Array.isArray(headers) ? headers.flat() : [...new Headers(headers)].flat()
    const reply = await post(pool, { path, headers: lines, body }, { signal, milliseconds, replyLimit })
    return responseOf(reply, replyLimit)
  }
}

interface Reply {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Buffer
}

interface PostOptions {
  readonly signal: AbortSignal | null | undefined
  readonly milliseconds: number | undefined
  readonly replyLimit: number
}

function post(
  pool: Pool,
  request: Pick<Dispatcher.DispatchOptions, 'path' | 'headers' | 'body'>,
  { signal, milliseconds, replyLimit }: PostOptions,
): Promise<Reply> {
  if (signal?.aborted) return Promise.reject(signal.reason)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    let head: Omit<Reply, 'body'> | undefined
    let controller: Dispatcher.DispatchController | undefined
    let ended: unknown
    const settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', leave)
    }
    const end = (reason: unknown) => {
      ended = reason
      settle()
      reject(reason)
      controller?.abort(reason as Error)
    }
    const leave = () => end(signal!.reason)
    const timer =
      milliseconds && setTimeout(() => end(new DOMException('The call timed out.', 'TimeoutError')), milliseconds)
    const arrived = () => {
      settle()
      resolve({ ...head!, body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) })
    }
    signal?.addEventListener('abort', leave, { once: true })
    pool.dispatch(
      { ...request, method: 'POST' },
      {
        onRequestStart(started) {
          controller = started
          // It may have been waiting for a connection since.
          if (ended !== undefined) started.abort(ended as Error)
        },
        onResponseStart(_controller, status, headers) {
          if (status >= 200) head = { status, headers }
        },
        onResponseData(running, chunk) {
          size += chunk.length
          const isError = head!.status >= 300
          if (size <= (isError ? errorLimit : replyLimit)) {
            chunks.push(chunk)
            return
          }
          if (isError) arrived()
          else end(overLimit())
          running.abort(overLimit())
        },
        onResponseEnd: arrived,
        onResponseError(_controller, cause) {
          settle()
          reject(new TypeError('fetch failed', { cause }))
        },
      },
    )
  })
}

/** As much of a response as the SDK looks at. `body` is null, as there is nothing left to read or to cancel. */
function responseOf({ status, headers, body }: Reply, replyLimit: number): Response {
  const encoding = headers['content-encoding']
  const decode = typeof encoding === 'string' ? decoders[encoding.toLowerCase()] : undefined
  const text = (decode ? decoded(body, decode, replyLimit) : body).toString('utf8')
  const response = {
    status,
    statusText: '',
    ok: status >= 200 && status < 300,
    redirected: false,
    type: 'basic',
    url: '',
    headers: headersOf(headers),
    body: null,
    bodyUsed: false,
    text: async () => text,
    json: async () => JSON.parse(text),
  }
  return response as unknown as Response
}

/** @throws SyntaxError as for any body that is not what its headers promise */
function decoded(body: Buffer, decode: Decode, maxOutputLength: number): Buffer {
  try {
    return decode(body, { maxOutputLength })
  } catch (cause) {
    throw new SyntaxError('the body is not encoded as its headers say', { cause })
  }
}

/** A map does what is asked of headers, and costs less to make and to walk through. */
function headersOf(raw: Reply['headers']): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(raw).map(([name, value = '']) => [name, typeof value === 'string' ? value : value.join(', ')]),
  )
}
