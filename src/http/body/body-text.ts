import type { FastifyBodyParser, FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { decodeText, type Source } from '../../core/bytes/decode.ts'
import { notJson } from '../../core/json-fault.ts'
import { ServiceError } from '../../core/outcome.ts'

/** How the bytes of a body are to be read. */
export const sourceOf = ({ headers }: Pick<FastifyRequest, 'headers'>): Source => ({
  what: 'The body',
  charset: charsetOf(headers['content-type']),
})

const charsetOf = (type = ''): string | undefined =>
  type.includes(';') ? /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(type)?.[1] : undefined

/** Reads whole bodies as text in whatever charset they are declared or marked to be, JSON among them. */
export function readTextBodies(app: FastifyInstance): void {
  // The text of a document may hold any key; nothing here copies parsed bodies onto objects.
  const parseJson = tellPlace(app.getDefaultJsonParser('ignore', 'ignore'))
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) =>
    parseJson(request, decodeText(body, sourceOf(request)), done),
  )
  app.addContentTypeParser(['text/markdown', 'text/plain'], { parseAs: 'buffer' }, (request, body: Buffer, done) =>
    done(null, decodeText(body, sourceOf(request))),
  )
}

/** The parser, but for what is no JSON, of which it then says where. */
const tellPlace =
  (parse: FastifyBodyParser<string>): FastifyBodyParser<string> =>
  (request, body, done) =>
    parse(request, body, (error, value) => {
      const isBroken = (error as FastifyError | null)?.code === 'FST_ERR_CTP_INVALID_JSON_BODY'
      done(isBroken ? new ServiceError('invalid_request', notJson('The body', body)) : error, value)
    })
