import { OpenAI } from 'openai'

type BuildRequest = OpenAI['buildRequest']

/**
 * The SDK, which works out the headers and the address of a call once: here they are the same for all of them. Bodies
 * come as JSON; calls that stream are left to the SDK.
 */
export class LeanClient extends OpenAI {
  private known: (Pick<Awaited<ReturnType<BuildRequest>>, 'url' | 'timeout'> & { headers: Headers }) | undefined

  override async buildRequest(...[options, more]: Parameters<BuildRequest>): ReturnType<BuildRequest> {
    const { body, signal, stream } = options
    if (typeof body !== 'string' || stream) return super.buildRequest(options, more)
    if (!this.known) {
      const { req, url, timeout } = await super.buildRequest(options, more)
      this.known = { headers: req.headers, url, timeout }
    }
    const { headers, url, timeout } = this.known
    return { req: { method: 'POST', headers, body, ...(signal && { signal }) }, url, timeout }
  }
}
