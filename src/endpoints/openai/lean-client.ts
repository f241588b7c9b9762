import { APIConnectionError, APIConnectionTimeoutError, type ClientOptions, OpenAI } from 'openai'
import { parseJson } from '../../core/json-fault.ts'
import type { LeanFetch } from './lean-fetch.ts'
import { withBody } from './sdk-errors.ts'

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

interface WrittenCall extends PostOptions {
  readonly path: string
  /** JSON as bytes. */
  readonly body: Uint8Array<ArrayBuffer>
}

interface BuiltRequest {
  readonly url: string
  readonly timeout: number
  readonly init: { readonly method: string | undefined; readonly headers: [string, string][] }
}

/** The SDK, with errors that keep what the endpoint wrote as a whole. */
export class WholeErrorClient extends OpenAI {
  protected override makeStatusError(
    ...of: Parameters<OpenAI['makeStatusError']>
  ): ReturnType<OpenAI['makeStatusError']> {
    const [, body, text] = of
    return withBody(super.makeStatusError(...of), body ?? text)
  }
}

/** The SDK, with a short way for bodies that are written already. All else is the SDK's own. */
export class LeanClient extends WholeErrorClient {
  /** To build the same request anew takes the SDK some 20 of the 1,000 microseconds that the service spends on one. */
  private readonly built = new WeakMap<object, BuiltRequest>()
  private readonly transport: LeanFetch

  constructor({ fetch, ...options }: ClientOptions & { readonly fetch: LeanFetch }) {
    super({ ...options, fetch })
    this.transport = fetch
  }

  /**
   * `post` without what nobody here asks of it: no second call, no log, no promise that parses the reply. Address,
   * headers and errors are the SDK's. The same headers are the same object: what comes of them is kept by it. The response is read whole already. @throws APIError, or the reason of `signal`
   */
  async respond({ path, headers, body, signal }: WrittenCall): Promise<Response> {
    const { url, timeout, init } = this.built.get(headers) ?? (await this.build(path, headers))
    const response = await this.transport(url, { ...init, body, signal } as RequestInit, timeout).catch(error => {
      throw signal.aborted ? signal.reason : connectionError(error)
    })
    if (response.ok) return response
    const text = await response.text()
    // The SDK says it takes an object, and is told nothing where the body is none.
    const json = parseJson(text) as object
    throw this.makeStatusError(response.status, json, json ? undefined : text, response.headers)
  }

  private async build(path: string, headers: PostOptions['headers']): Promise<BuiltRequest> {
    const { req, url, timeout } = await this.buildRequest({ method: 'post', path, headers })
    const built = { url, timeout, init: { method: req.method, headers: [...new Headers(req.headers)] } }
    this.built.set(headers, built)
    return built
  }
}

/** As the SDK tells them apart; but what `fetch` does not give a cause for did not come from the network. */
function connectionError(error: Error): Error {
  if (/timed? ?out/i.test(`${error}${error.cause ?? ''}`)) return new APIConnectionTimeoutError()
  return error instanceof TypeError && error.cause !== undefined ? new APIConnectionError({ cause: error }) : error
}

export interface Access {
  readonly baseUrl: string
  /** Undefined for servers that ask for none. */
  readonly apiKey: string | undefined
  /** The most time one call may take, in milliseconds. */
  readonly timeout: number
}

export const clientOptions = ({ baseUrl, apiKey, timeout }: Access): ClientOptions => ({
  baseURL: baseUrl,
  apiKey: apiKey ?? 'none',
  // Left out, each of these would be taken from an OPENAI_* variable and sent to whoever runs the endpoint.
  organization: null,
  project: null,
  adminAPIKey: null,
  webhookSecret: null,
  logLevel: 'off',
  maxRetries: 0,
  timeout,
})
