import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Admission } from '../accounting/index.ts'
import { ServiceError } from '../core/outcome.ts'
import { scopeOf } from './access.ts'
import { isStreamed } from './body/streamed-body.ts'
import { refuseSocket } from './broken-request.ts'

export interface LoadOptions {
  readonly admission: Admission
  /** The most bodies that are read as they come, of all clients; a client may have half of them. */
  readonly mostStreams: number
  /** The largest body, in bytes. */
  readonly bodyLimit: number
}

/** Bodies up to this size, in bytes, are let in whatever else is held. */
const smallBody = 65_536
/** The bytes of larger bodies that are held at once; a body of bytes makes up to thirty times as many of memory. */
const bytesHeld = 25_165_824

/**
 * Load shedding. A request that means work takes a place once its body is there, so that a slow body holds up nobody;
 * what is over the places, over the memory for large bodies, or over the streams of all or of one client is refused at
 * once. Requests with large bodies begin one after the other, so that others are served in between.
 */
export function limitLoad(app: FastifyInstance, { admission, mostStreams, bodyLimit }: LoadOptions): void {
  const large = createBudget(Math.max(bytesHeld, bodyLimit))
  const streams = createStreamLimit(mostStreams)
  const beginAfterOthers = createPacer()

  app.addHook('onRequest', (request, reply, done) => {
    if (!isWork(request)) return done()
    admission.check()
    const declared = Number(request.headers['content-length'] ?? 0)
    // What is longer than the limit is refused by whoever reads it.
    if (declared > smallBody && declared <= bodyLimit && !isEndless(request)) large.take(declared, reply)
    done()
  })

  // A body without a declared length is counted as it comes.
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (request.headers['content-length'] === undefined && isWork(request) && !isEndless(request)) {
      let size = 0
      payload.on('data', (chunk: Buffer) => {
        const before = size
        size += chunk.length
        if (before > smallBody || size <= smallBody) return
        try {
          large.take(bodyLimit, reply)
        } catch (error) {
          refuseSocket(request.raw.socket, error as ServiceError, request.log)
        }
      })
    }
    done(null, payload)
  })

  app.addHook('preHandler', (request, reply, done) => {
    if (isStreamed(request)) {
      reply.raw.once('close', streams.enter(clientOf(request)))
      return done()
    }
    if (!isWork(request)) return done()
    const place = admission.enter()
    reply.raw.once('close', place.leave)
    // A client that left while its body was read is not told of again.
    if (reply.raw.closed) place.leave()
    const isLarge = Number(request.headers['content-length'] ?? 0) > smallBody
    place.turn(() => (isLarge ? beginAfterOthers(done) : done()))
  })
}

const isWork = ({ method, routeOptions: { url = '/' } }: FastifyRequest): boolean =>
  method === 'POST' && scopeOf(url) === 'classify'

const isEndless = ({ headers }: FastifyRequest): boolean =>
  /^application\/x-ndjson\b/i.test(headers['content-type'] ?? '')

const clientOf = ({ apiKey, ip }: FastifyRequest): string => apiKey?.name ?? ip

const overloaded = (message: string) => new ServiceError('overloaded', message, { retryAfter: 1 })

function createBudget(most: number) {
  let held = 0
  return {
    /** Until the answer is sent. @throws ServiceError overloaded */
    take(bytes: number, { raw }: FastifyReply): void {
      if (held + bytes > most) throw overloaded('Too many large bodies are held at once.')
      held += bytes
      raw.once('close', () => {
        held -= bytes
      })
    },
  }
}

function createStreamLimit(most: number) {
  const ofClient = new Map<string, number>()
  let all = 0
  return {
    /** Gives back how to leave. @throws ServiceError overloaded */
    enter(client: string): () => void {
      const own = ofClient.get(client) ?? 0
      if (all >= most) throw overloaded('Too many streams are open.')
      if (own >= Math.ceil(most / 2)) throw overloaded('This client has too many streams open.')
      all += 1
      ofClient.set(client, own + 1)
      return () => {
        all -= 1
        const left = ofClient.get(client)! - 1
        if (left === 0) ofClient.delete(client)
        else ofClient.set(client, left)
      }
    },
  }
}

/** Begins one piece of work after the other, with a pause after each that is as long as it kept this process busy. */
function createPacer(): (begin: () => void) => void {
  let last = Promise.resolve()
  return begin => {
    last = last.then(async () => {
      const start = performance.now()
      begin()
      await new Promise(setImmediate)
      await sleep(performance.now() - start)
    })
  }
}
