import type { IncomingHttpHeaders } from 'node:http'
import { pipeline, Readable, type Transform } from 'node:stream'
import zlib from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { ServiceError } from '../../core/outcome.ts'

type Decoder = Transform & zlib.Zlib

/** RFC 9659: nobody has to hold more than 8 MB to unpack what comes over HTTP. */
const zstdWindow = { params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } }

/** By the coding of RFC 9110, made when the first byte is known. */
const decoders: Readonly<Record<string, (firstByte: number) => Decoder>> = {
  gzip: () => zlib.createGunzip(),
  br: () => zlib.createBrotliDecompress(),
  zstd: () => zlib.createZstdDecompress(zstdWindow),
  // It is zlib by RFC 9110; some send what stands in it alone. The first byte of zlib ends in an 8.
  deflate: firstByte => ((firstByte & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw()),
}
const aliases: Readonly<Record<string, string>> = { 'x-gzip': 'gzip' }

/** As RFC 7694 has it beside a 415. */
export const acceptedEncodings = Object.keys(decoders).join(', ')

/** What a body may unpack to beside the limits of its route: gzip makes no more than 1,032 bytes of one, others a million. */
const mostUnpacked = (packed: number) => 64 * 1024 * 1024 + packed * 1_000

const codingOf = (headers: IncomingHttpHeaders) => headers['content-encoding']?.trim().toLowerCase() ?? ''

export const isPacked = (headers: IncomingHttpHeaders): boolean => !['', 'identity'].includes(codingOf(headers))

/** Unpacks bodies as they come, before anything looks at them: limits count what comes out. */
export function unpackBodies(app: FastifyInstance): void {
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (!isPacked(request.headers)) return done(null, payload)
    const coding = codingOf(request.headers)
    const createDecoder = decoders[aliases[coding] ?? coding]
    if (!createDecoder || !(payload instanceof Readable)) {
      const message = `The content-encoding is none of those that are taken: ${acceptedEncodings}.`
      return done(new ServiceError('unsupported_media_type', message))
    }
    const unpacked = Readable.from(unpack(payload, coding, createDecoder), { objectMode: false })
    reply.raw.once('finish', () => unpacked.destroy())
    // Node has counted what came against the header; what comes out has another length.
    const receivedEncodedLength = Number(request.headers['content-length'] ?? 0)
    done(null, Object.assign(unpacked, { receivedEncodedLength }))
  })
}

async function* unpack(body: Readable, coding: string, createDecoder: (firstByte: number) => Decoder) {
  // Ending early must not end the connection that is to carry the reason.
  const packed: AsyncIterator<Buffer> = body.iterator({ destroyOnReturn: false })
  const { value: first, done } = await packed.next()
  if (done) return
  const decoder = createDecoder(first[0]!)
  let taken = 0
  async function* counted() {
    for (let chunk = first as Buffer | undefined; chunk; chunk = (await packed.next()).value) {
      taken += chunk.length
      yield chunk
    }
  }
  let given = 0
  try {
    pipeline(Readable.from(counted(), { objectMode: false }), decoder, () => undefined)
    for await (const chunk of decoder) {
      given += chunk.length
      if (given > mostUnpacked(taken))
        throw new ServiceError('too_large', 'The body unpacks to more than a thousand times its size.')
      yield chunk
    }
  } catch (error) {
    if (error instanceof ServiceError || body.errored) throw error
    throw broken(coding, 'or was cut short', error)
  } finally {
    decoder.destroy()
    void packed.return?.()
    // What is still on its way would keep the connection from the next request.
    body.on('data', () => undefined)
  }
  if (decoder.bytesWritten < taken) throw broken(coding, 'or goes on after its end')
}

const broken = (coding: string, otherwise: string, cause?: unknown) =>
  new ServiceError(
    'unsupported_media_type',
    `The body is not packed with ${coding}, as its content-encoding says, ${otherwise}.`,
    {
      cause,
    },
  )
