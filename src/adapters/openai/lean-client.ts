import { type ClientOptions, OpenAI } from 'openai'
import type { LeanFetch } from './lean-fetch.ts'

type BuildRequest = OpenAI['buildRequest']
type FetchWithTimeout = OpenAI['fetchWithTimeout']

export interface WrittenCall {
  readonly path: string
  /** JSON as bytes. */
  readonly body: Uint8Array<ArrayBuffer>
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** The SDK for bodies that come as bytes: less is worked out for each of them. All else is the SDK's own. */
export class LeanClient extends OpenAI {
  /** Headers and address are the same for all calls that bring the same headers. */
  private readonly built = new WeakMap<object, { readonly url: string; readonly timeout: number; headers: Headers }>()
  private readonly transport: LeanFetch

  constructor({ fetch, ...options }: ClientOptions & { readonly fetch: LeanFetch }) {
    super({ ...options, fetch })
    this.transport = fetch
  }

  /** @throws what `post` throws; the response is read whole already */
  async respond(call: WrittenCall): Promise<Response> {
    // The promise that `post` gives would parse the response, and keeps a request alive that has long ended.
    const { response } = await this['makeRequest']({ method: 'post', ...call }, null, undefined)
    return response
  }

  override async buildRequest(...[options, more]: Parameters<BuildRequest>): ReturnType<BuildRequest> {
    const { body, signal, headers: given } = options
    if (!isWritten(body) || typeof given !== 'object' || given === null) return super.buildRequest(options, more)
    let built = this.built.get(given)
    if (!built) {
      const { req, url, timeout } = await super.buildRequest(options, more)
      built = { headers: req.headers, url, timeout }
      this.built.set(given, built)
    }
    const { headers, url, timeout } = built
    return { req: { method: 'POST', headers, body, ...(signal && { signal }) }, url, timeout }
  }

  /** The transport keeps time itself, where the SDK composes signals. */
  override fetchWithTimeout(...given: Parameters<FetchWithTimeout>): ReturnType<FetchWithTimeout> {
    const [url, init, milliseconds] = given
    return isWritten(init?.body) ? this.transport(String(url), init, milliseconds) : super.fetchWithTimeout(...given)
  }
}

const isWritten = (body: unknown): body is Uint8Array<ArrayBuffer> => body instanceof Uint8Array
