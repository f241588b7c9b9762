import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Quotas } from '../accounting/index.ts'
import { type ApiKey, anonymous, findApiKey, type Owner, type Scope } from '../core/api-key.ts'
import { ServiceError } from '../core/outcome.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose request it is; undefined for a client without a key. */
    apiKey: ApiKey | undefined
    /** What all keys there are are called. */
    readonly keyNames: readonly string[]
  }
}

/** Who may use a route, by the first part of its address. What has no row is for admins. */
const scopes: ReadonlyMap<string, Scope | 'anyone'> = new Map([
  ...['', 'livez', 'readyz', 'openapi.json', 'docs', 'page'].map(part => [part, 'anyone'] as const),
  ...['classify', 'endpoints', 'prompts', 'feedback'].map(part => [part, 'classify'] as const),
  ['batches', 'batch'],
])

/** The scope that a route asks for. */
export function scopeOf(route: string): Scope | 'anyone' {
  const [, part] = route.split('/', 2)
  return (part === undefined ? undefined : scopes.get(part)) ?? 'admin'
}

export interface AccessOptions {
  /** Without keys every door is open to programs, and to the service's own pages. */
  readonly apiKeys: readonly ApiKey[]
  readonly quotas: Quotas
}

/** Lets in who has a key of the right scope and has not used up its limits. */
export function guardRoutes(app: FastifyInstance, { apiKeys, quotas }: AccessOptions): void {
  app.decorateRequest('apiKey', undefined)
  const names = apiKeys.map(({ name }) => name)
  app.decorateRequest('keyNames', { getter: () => names })
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
    if (!key.scopes.includes(scope) && !looksAfterOthers(key, request))
      throw new ServiceError('forbidden', `The key lacks the scope ${scope}.`)
    if (scope === 'admin') return
    // Items of batches wait for their budget; whoever looks after them may always do so.
    const leave = quotas.enter(key, { asks: scope === 'classify' && !isFeedback(request) })
    // Also comes when the client goes away before its answer.
    reply.raw.once('close', leave)
  })
  app.addHook('onSend', async ({ apiKey }, reply) => {
    const rate = apiKey && quotas.rate(apiKey)
    if (!rate) return
    const { limit, remaining, reset } = rate
    reply.headers({ 'ratelimit-limit': limit, 'ratelimit-remaining': remaining, 'ratelimit-reset': reset })
  })
}

/** An operator may find and stop what nobody else can any more, and makes no batches by that. */
const looksAfterOthers = ({ scopes }: ApiKey, { method, routeOptions: { url = '' } }: FastifyRequest) =>
  scopes.includes('admin') &&
  (/^\/(batches|feedback)\/:\w+(\/|$)/.test(url) || (/^\/(batches|feedback)$/.test(url) && method === 'GET'))

/** What a person says costs no tokens. */
const isFeedback = ({ routeOptions: { url = '' } }: FastifyRequest) => /^\/feedback(\/|$)/.test(url)

/** A deep look costs tokens. */
export const asksEndpoints = ({ routeOptions, query }: FastifyRequest) =>
  routeOptions.url === '/readyz' && 'deep' in (query as object)

function sentKey({ headers }: FastifyRequest): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const own = headers['x-api-key']
  return bearer ?? (typeof own === 'string' && own !== '' ? own : undefined)
}

/**
 * Whose batches a request is about. Without keys, all who reach the service are one. What they made, and what a key
 * made that is there no more, is left to operators.
 */
export const ownerOf = ({ apiKey, keyNames }: FastifyRequest): Owner => ({
  key: apiKey?.name ?? anonymous,
  keys: apiKey?.scopes.includes('admin') ? keyNames : undefined,
})
