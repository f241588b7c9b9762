import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Where `npm run page` writes it; the same from `src` and from `dist`. */
const folder = new URL('../../../dist/page/', import.meta.url)
const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' } as const
const pack = { br: promisify(brotliCompress), gzip: (plain: Buffer) => promisify(gzip)(plain, { level: 9 }) } as const
type Encoding = keyof typeof pack

/** The page for people, at `/`. It is whole without an API call, and what it asks then is what any program may ask. */
export function pageRoutes(app: FastifyInstance): void {
  const script = readFile('js')
  const style = readFile('css')
  if (script === undefined || style === undefined) {
    app.log.warn('the page is not built, so there is none at /; run: npm run page')
    return
  }
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>tagsmith</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${style.path}">
<script type="module" src="${script.path}"></script>
<body><noscript>This page needs JavaScript. The API is described at <a href="/docs/">/docs</a>.</noscript></body>
</html>
`
  app.get('/', { schema: { hide: true } }, (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(html),
  )
  for (const file of [script, style])
    app.get(file.path, { schema: { hide: true } }, (request, reply) => sendFile(file, request, reply))
}

interface PageFile {
  /** Holds a hash of what is in it, so that it may be kept for ever. */
  readonly path: string
  readonly type: string
  readonly plain: Buffer
  /** Filled as it is asked for: to pack takes most of what a start of the service would. */
  readonly packed: Partial<Record<Encoding, Promise<Buffer>>>
}

function readFile(extension: keyof typeof types): PageFile | undefined {
  try {
    const plain = readFileSync(new URL(`page.${extension}`, folder))
    return {
      path: `/page/${hash('sha256', plain).slice(0, 16)}.${extension}`,
      type: types[extension],
      plain,
      packed: {},
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function sendFile({ type, plain, packed }: PageFile, { headers }: FastifyRequest, reply: FastifyReply) {
  const taken = String(headers['accept-encoding'] ?? '').split(',')
  const encoding = (['br', 'gzip'] as const).find(name => taken.some(each => each.trim() === name))
  if (encoding !== undefined) {
    reply.header('content-encoding', encoding)
    packed[encoding] ??= pack[encoding](plain)
  }
  return reply
    .type(type)
    .headers({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' })
    .send(encoding === undefined ? plain : await packed[encoding])
}
