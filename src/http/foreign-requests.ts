import { BlockList, isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ServiceError } from '../core/outcome.ts'
import { asksEndpoints, scopeOf } from './access.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** No resolver asks the public DNS about these names (RFC 6761), so nobody can point them elsewhere. */
const loopbackName = /^(.+\.)?localhost$/

export interface ForeignRequestOptions {
  /** Names or addresses, with or without a port, that the service is reached by beside those of loopback. */
  readonly allowedHosts: readonly string[]
}

/**
 * Without keys, whoever reaches the service may use it, and every page that its owner's browser opens reaches it.
 * Browsers say where a request comes from, and programs say nothing: what comes from another origin is refused. A name
 * that is not known here may be one that a page has pointed at this address, which its browser takes for its own origin.
 */
export function refuseForeignRequests(app: FastifyInstance, { allowedHosts }: ForeignRequestOptions): void {
  const isAllowed: IsAllowed = host =>
    allowedHosts.some(written => {
      const allowed = readHost(written)
      return allowed?.name === host.name && (allowed.port === '' || allowed.port === host.port)
    })

  /** The last one that was found to be ours: clients say the same in every request, and an address takes long to read. */
  let known: { readonly host: string; readonly reachedBy: string | undefined } | undefined

  function isOurs(host: string, { socket }: FastifyRequest): boolean {
    const reachedBy = socket.localAddress
    if (known?.host === host && known.reachedBy === reachedBy) return true
    const read = readHost(host)
    if (read === undefined || !isReached(read, reachedBy)) return false
    known = { host, reachedBy }
    return true
  }

  function isReached(host: Host, reachedBy: string | undefined): boolean {
    const kind = isIP(host.name)
    if (kind === 0 ? loopbackName.test(host.name) : loopback.check(host.name, kind === 4 ? 'ipv4' : 'ipv6')) return true
    // The address itself is no name that somebody could point anywhere.
    return host.name === readHost(addressOf(reachedBy))?.name || isAllowed(host)
  }

  app.addHook('onRequest', (request, _reply, done) => {
    const { host, origin } = request.headers
    // Only HTTP/1.0 does without, which no browser speaks.
    if (host !== undefined && !isOurs(host, request)) {
      return done(
        refused('This Host is none that the service is reached by; name it in ALLOWED_HOSTS, or use API keys.'),
      )
    }
    const isOwn = origin === undefined || isOwnOrigin(origin, { host, isAllowed })
    const site = request.headers['sec-fetch-site']
    if (!isOwn || !(site === undefined || ownSites.has(site.toString()) || isLinkToReading(request))) {
      return done(refused('A page of another origin may not use a service without API keys.'))
    }
    done()
  })
}

/** Asked for by this service's own pages, or by the person at the browser. */
const ownSites: ReadonlySet<string> = new Set(['same-origin', 'none'])

/** A link on another page that opens the documentation in a tab of its own does and tells the other page nothing. */
const isLinkToReading = (request: FastifyRequest): boolean =>
  request.method === 'GET' &&
  request.headers['sec-fetch-mode'] === 'navigate' &&
  request.headers['sec-fetch-dest'] === 'document' &&
  scopeOf(request.routeOptions.url ?? '') === 'anyone' &&
  !asksEndpoints(request)

interface Host {
  readonly name: string
  readonly port: string
}

/** A `Host` header in one spelling; undefined when it holds anything but a name or an address, and a port. */
function readHost(written: string | undefined, protocol = 'http:'): Host | undefined {
  if (written === undefined || !/^[^\s/?#@\\,]+$/.test(written)) return undefined
  const { hostname, port } = URL.parse(`${protocol}//${written}`) ?? {}
  if (hostname === undefined || hostname === '') return undefined
  return { name: hostname.replace(/^\[|\]$|\.$/g, ''), port: port ?? '' }
}

/** Whether a page of this origin is one of ours. A proxy in front may have changed the `Host` that the page asked for. */
function isOwnOrigin(origin: string, { host, isAllowed }: { host: string | undefined; isAllowed: IsAllowed }): boolean {
  const { protocol, host: written } = URL.parse(origin) ?? {}
  const from = readHost(written, protocol)
  if (from === undefined) return false
  const to = readHost(host, protocol)
  return (from.name === to?.name && from.port === to.port) || isAllowed(from)
}

type IsAllowed = (host: Host) => boolean

/** As it stands in a `Host`; a socket that serves both kinds gives an IPv4 address in the form of the other. */
function addressOf(address: string | undefined): string | undefined {
  const plain = address?.replace(/^::ffff:(?=\d+\.)/, '')
  return plain !== undefined && isIP(plain) === 6 ? `[${plain}]` : plain
}

const refused = (message: string) => new ServiceError('forbidden', message)
