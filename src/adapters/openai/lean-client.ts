import { type ClientOptions, OpenAI } from 'openai'

type BuildRequest = OpenAI['buildRequest']
type FetchWithTimeout = OpenAI['fetchWithTimeout']

/**
 * The SDK, which works out the headers and the address of a call once: here they are the same for all of them. Bodies
 * come as bytes; calls that stream come as text, and are left to the SDK.
 */
export class LeanClient extends OpenAI {
  private known: (Pick<Awaited<ReturnType<BuildRequest>>, 'url' | 'timeout'> & { headers: Headers }) | undefined
  private readonly transport: typeof fetch | undefined

  constructor(options: ClientOptions) {
    super(options)
    this.transport = options.fetch
  }

  override async buildRequest(...[options, more]: Parameters<BuildRequest>): ReturnType<BuildRequest> {
    const { body, signal } = options
    if (!isWritten(body)) return super.buildRequest(options, more)
    if (!this.known) {
      const { req, url, timeout } = await super.buildRequest(options, more)
      this.known = { headers: req.headers, url, timeout }
    }
    const { headers, url, timeout } = this.known
    return { req: { method: 'POST', headers, body, ...(signal && { signal }) }, url, timeout }
  }

  /** One timer and one listener, where the SDK composes signals. */
  override async fetchWithTimeout(...given: Parameters<FetchWithTimeout>): ReturnType<FetchWithTimeout> {
    const [url, init, milliseconds, controller] = given
    const transport = this.transport
    if (!transport || !isWritten(init?.body)) return super.fetchWithTimeout(...given)
    const abort = () => controller.abort()
    const timer = setTimeout(abort, milliseconds)
    init?.signal?.addEventListener('abort', abort, { once: true })
    try {
      return await transport(url as string, { ...init, signal: controller.signal })
    } finally {
      clearTimeout(timer)
      init?.signal?.removeEventListener('abort', abort)
    }
  }
}

const isWritten = (body: unknown): body is Uint8Array<ArrayBuffer> => body instanceof Uint8Array
