import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type ApiKey, findApiKey, type Scope } from '../domain/api-key.ts'
import { ServiceError } from '../domain/outcome.ts'
import type { Allowances } from '../services/allowances.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose request it is; undefined for a stranger. */
    apiKey: ApiKey | undefined
  }
}

/** Who may use a route, by its address; the first row that fits counts. What has no row is for admins. */
const doors: readonly (readonly [address: RegExp, scope: Scope | 'anyone'])[] = [
  [/^\/(livez|readyz|openapi\.json)?$/, 'anyone'],
  [/^\/docs(\/|$)/, 'anyone'],
  [/^\/(classify|prompts)(\/|$)/, 'classify'],
  [/^\/batches(\/|$)/, 'batch'],
]

/** The scope that a route asks for. */
export const scopeOf = (route: string): Scope | 'anyone' =>
  doors.find(([address]) => address.test(route))?.[1] ?? 'admin'

export interface AccessOptions {
  /** Without keys every door is open. */
  readonly apiKeys: readonly ApiKey[]
  readonly allowances: Allowances
}

/** Lets in who has a key of the right scope and has not used up its limits. */
export function guardRoutes(app: FastifyInstance, { apiKeys, allowances }: AccessOptions): void {
  app.decorateRequest('apiKey', undefined)
  if (apiKeys.length === 0) return
  app.addHook('onRequest', async (request, reply) => {
    const scope = asksEndpoints(request) ? 'admin' : scopeOf(request.routeOptions.url ?? '/')
    if (scope === 'anyone') return
    const sent = sentKey(request)
    const key = sent === undefined ? undefined : findApiKey(apiKeys, sent)
    if (!key) {
      reply.header('www-authenticate', 'Bearer')
      const what = sent === undefined ? 'Send a key' : 'The key is not known; send one'
      throw new ServiceError('unauthorized', `${what} as Authorization: Bearer or as X-API-Key.`)
    }
    request.apiKey = key
    if (!key.scopes.includes(scope)) throw new ServiceError('forbidden', `The key lacks the scope ${scope}.`)
    if (scope === 'admin') return
    // Items of batches wait for their budget; whoever looks after them may always do so.
    const leave = allowances.enter(key, { asks: scope === 'classify' })
    // Also comes when the client goes away before its answer.
    reply.raw.once('close', leave)
  })
  app.addHook('onSend', async ({ apiKey }, reply) => {
    const rate = apiKey && allowances.rate(apiKey)
    if (!rate) return
    const { limit, remaining, reset } = rate
    reply.headers({ 'ratelimit-limit': limit, 'ratelimit-remaining': remaining, 'ratelimit-reset': reset })
  })
}

/** A deep look costs tokens. */
const asksEndpoints = ({ routeOptions, query }: FastifyRequest) =>
  routeOptions.url === '/readyz' && 'deep' in (query as object)

function sentKey({ headers }: FastifyRequest): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const own = headers['x-api-key']
  return bearer ?? (typeof own === 'string' && own !== '' ? own : undefined)
}
