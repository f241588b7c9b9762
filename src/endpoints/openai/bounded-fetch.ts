export interface BoundedFetchOptions {
  /** The most bytes of a reply; one that is longer is malformed. */
  readonly replyLimit: number
  /** The most time that a call may take until its last byte, in milliseconds. */
  readonly milliseconds: number
  /** Followed where nothing is sent along but the question for a file, which some keep elsewhere. */
  readonly redirect?: 'manual' | 'follow'
}

/** The most bytes of an error that are read; what it says stands at its beginning. */
export const errorLimit = 65_536

/** A reply that is as long as this is no reply to what was asked. */
export const overLimit = () => new SyntaxError('The reply is over its limit.')

/**
 * Node's own `fetch`, for what does not take the short way: no reply without end in bytes or in time, and no redirect
 * followed, as the document and the key would go to whoever is named there.
 */
export const createBoundedFetch =
  ({ replyLimit, milliseconds, redirect = 'manual' }: BoundedFetchOptions): typeof fetch =>
  async (input, init = {}) => {
    const late = AbortSignal.timeout(milliseconds)
    const signal = init.signal ? AbortSignal.any([init.signal, late]) : late
    const response = await fetch(input, { ...init, signal, redirect })
    if (!response.body) return response
    const { status, statusText, headers } = response
    return new Response(response.body.pipeThrough(limitBytes(response.ok ? replyLimit : errorLimit, response.ok)), {
      status,
      statusText,
      headers,
    })
  }

function limitBytes(limit: number, isWhole: boolean): TransformStream<Uint8Array, Uint8Array> {
  let size = 0
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.length
      if (size <= limit) controller.enqueue(chunk)
      else if (isWhole) controller.error(overLimit())
      else controller.terminate()
    },
  })
}
