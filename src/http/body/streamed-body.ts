import { Readable } from 'node:stream'
import type { FastifyContentTypeParser, FastifyRequest, FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import { utf8Chunks } from '../../core/bytes/decode.ts'
import { ServiceError } from '../../core/outcome.ts'
import { validatorCompiler } from '../error-handler.ts'
import { leaveAlone, tooSlow } from '../open-requests.ts'
import { sourceOf } from './body-text.ts'

/** A value a line, in bodies and in answers. */
export const ndjson = 'application/x-ndjson'

/** Hands the body on unread. It may take any time, as long as it goes on. */
export const passThrough: FastifyContentTypeParser = (request, payload, done) => {
  request.cut = leaveAlone
  done(null, payload)
}

/** Whether the body is read as it comes. */
export const isStreamed = ({ body }: FastifyRequest): boolean => body instanceof Readable

/** A body that is a stream has no shape yet: its entries are checked one by one. */
export const checkAllButStreams: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const check = validatorCompiler({ schema, ...(httpPart !== undefined && { httpPart }) })
  return data => (data instanceof Readable ? { value: data } : check(data))
}

export interface StreamedBody {
  /**
   * In UTF-8, however it was sent.
   * @throws ServiceError client_closed, request_timeout when nothing comes, unsupported_media_type, unusable_text,
   *   too_large for what was packed too well, or the reason of the signal
   */
  readonly chunks: AsyncGenerator<Uint8Array, undefined>
  /** Takes no more of it: what is on its way is read for a while, so that the answer is not lost with the connection. */
  letGo(milliseconds: number): void
}

export interface ReadOptions {
  /** The most time between two pieces, in milliseconds; the time in which nobody asks for one does not count. */
  readonly timeout: number
  readonly signal: AbortSignal
}

export function readStreamedBody(request: FastifyRequest, { timeout, signal }: ReadOptions): StreamedBody {
  const { raw } = request
  const body = request.body as Readable
  // Ending the upload early must not end the connection that is to carry the reason.
  const pieces: AsyncIterator<Uint8Array> = body.iterator({ destroyOnReturn: false })

  async function* read(): AsyncGenerator<Uint8Array, undefined> {
    for (;;) {
      const next = await nextInTime()
      if (next.done) return
      yield next.value
    }
  }

  function nextInTime(): Promise<IteratorResult<Uint8Array>> {
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal.reason)
      if (signal.aborted) return stop()
      const timer = setTimeout(() => reject(tooSlow('The next piece of the body')), timeout)
      signal.addEventListener('abort', stop, { once: true })
      pieces
        .next()
        .then(resolve, error => reject(raw.readableAborted ? clientLeft(error) : error))
        .finally(() => {
          clearTimeout(timer)
          signal.removeEventListener('abort', stop)
        })
    })
  }

  async function discard(): Promise<void> {
    while (!(await pieces.next()).done);
  }

  return {
    chunks: utf8Chunks(read(), sourceOf(request)),
    letGo(milliseconds) {
      if (raw.closed) return
      const timer = setTimeout(() => raw.destroy(), milliseconds).unref()
      raw.once('close', () => clearTimeout(timer))
      // What is packed need not be unpacked to be thrown away.
      if (body !== raw) body.destroy()
      else discard().catch(() => undefined)
    },
  }
}

const clientLeft = (cause: unknown) =>
  new ServiceError('client_closed', 'The client left in the middle of its upload.', { cause })
