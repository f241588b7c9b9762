/** The one route of every server of the bench that stands on fastify: validated, with a request id and a log line. */

import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { pino } from 'pino'
import { z } from 'zod'

export const logger = pino({ level: 'info', base: null })
export const say = (port: number) => process.stdout.write(`listening at http://127.0.0.1:${port}\n`)

const Request = z.object({ id: z.union([z.string(), z.int()]), text: z.string().min(1) })

/** @returns the port it listens on */
export async function startFastify(classify: (text: string) => Promise<number[]>): Promise<number> {
  const app = Fastify({ bodyLimit: 1_048_576 })
  let counted = 0
  app.post('/classify', async (request, reply) => {
    const start = performance.now()
    const { id, text } = Request.parse(request.body)
    const requestId = request.headers['x-request-id'] ?? randomUUID()
    const tags = await classify(text)
    counted += 1
    reply.header('x-request-id', requestId)
    logger.info(
      { request_id: requestId, status: 200, count: counted, elapsed_ms: performance.now() - start },
      'request',
    )
    return { id, tags }
  })
  app.post('/empty', async () => ({ id: 1, tags: [36, 57, 18] }))
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}
