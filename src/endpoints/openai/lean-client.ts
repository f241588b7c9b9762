import { APIConnectionError, APIConnectionTimeoutError, type ClientOptions, OpenAI } from 'openai'
import type { LeanFetch } from './lean-fetch.ts'

export interface WrittenCall {
  readonly path: string
  /** JSON as bytes. */
  readonly body: Uint8Array<ArrayBuffer>
  /** The same object where they are the same headers: what comes of them is kept by it. */
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

type BuiltRequest = Awaited<ReturnType<OpenAI['buildRequest']>>

/** The SDK, with a short way for bodies that are written already. All else is the SDK's own. */
export class LeanClient extends OpenAI {
  private readonly built = new WeakMap<object, BuiltRequest>()
  private readonly transport: LeanFetch

  constructor({ fetch, ...options }: ClientOptions & { readonly fetch: LeanFetch }) {
    super({ ...options, fetch })
    this.transport = fetch
  }

  /**
   * `post` without what nobody here asks of it: no second call, no log, no promise that parses the reply. Address,
   * headers and errors are the SDK's. The response is read whole already. @throws APIError, or the reason of `signal`
   */
  async respond({ path, headers, body, signal }: WrittenCall): Promise<Response> {
    const known = this.built.get(headers)
    const built = known ?? (await this.buildRequest({ method: 'post', path, headers }))
    if (!known) this.built.set(headers, built)
    const { req, url, timeout } = built
    const init = { method: req.method, headers: req.headers, body, signal } as RequestInit
    const response = await this.transport(url, init, timeout).catch(error => {
      throw signal.aborted ? signal.reason : connectionError(error)
    })
    if (response.ok) return response
    const text = await response.text()
    const json = readJson(text)
    throw this.makeStatusError(response.status, json, json ? undefined : text, response.headers)
  }
}

/** As the SDK tells them apart. */
function connectionError(error: Error): APIConnectionError {
  const isTimeout = /timed? ?out/i.test(`${error}${error.cause ?? ''}`)
  return isTimeout ? new APIConnectionTimeoutError() : new APIConnectionError({ cause: error })
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the endpoint wrote
function readJson(text: string): any {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
