import type { FastifyInstance } from 'fastify'
import type { Admission, Place } from '../services/admission.ts'
import { scopeOf } from './access.ts'
import { isStreamed } from './streamed-body.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The place of a request that means work. */
    place: Place | undefined
  }
}

/** A request that means work takes a place before its body is read, and its turn after: a slow body holds up nobody. */
export function limitLoad(app: FastifyInstance, admission: Admission): void {
  app.decorateRequest('place', undefined)
  app.addHook('onRequest', (request, reply, done) => {
    if (request.method !== 'POST' || scopeOf(request.routeOptions.url ?? '/') !== 'classify') return done()
    const place = admission.enter()
    request.place = place
    reply.raw.once('close', place.leave)
    done()
  })
  app.addHook('preHandler', (request, _reply, done) => {
    // What is read as it comes may never end to come: its parts take turns of their own.
    if (request.place === undefined || isStreamed(request)) done()
    else request.place.turn(done)
  })
}
