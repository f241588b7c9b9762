import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { filterTags, foldTags } from '../../src/page/try/tags.ts'
import { startService } from '../support/service.ts'

const mostBytes = 45 * 1024
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"

test('script and stylesheet are at most 45 KB together, packed with gzip', () => {
  const sizes = ['js', 'css'].map(extension =>
    gzipSync(readFileSync(new URL(`../../dist/page/page.${extension}`, import.meta.url)), { level: 9 }),
  )
  expect(readFileSync(new URL('../../dist/page/page.js', import.meta.url), 'utf8')).not.toContain('"node:')
  const bytes = sizes.reduce((sum, { length }) => sum + length, 0)
  expect(bytes).toBeGreaterThan(10 * 1024)
  expect(bytes).toBeLessThanOrEqual(mostBytes)
})

test('the page and its files are served as they were built, packed, and to be kept for ever by their hash', async () => {
  const { app } = await startService()
  const html = await app.inject('/')
  expect([html.statusCode, html.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  const [script] = /\/page\/\w{16}\.js/.exec(html.body)!
  const plain = await app.inject(script!)
  expect(plain.body).toBe(readFileSync(new URL('../../dist/page/page.js', import.meta.url), 'utf8'))
  const packed = await app.inject({ url: script!, headers: { 'accept-encoding': 'gzip, br' } })
  expect(packed.headers).toMatchObject({
    'content-encoding': 'br',
    'cache-control': 'public, max-age=31536000, immutable',
    'content-type': 'text/javascript; charset=utf-8',
    vary: 'accept-encoding',
  })
  expect(html.body).not.toMatch(/<script>|<style|style=|\son\w+=/)
})

test('with PAGE=false there is no page, and all else is there', async () => {
  const { app } = await startService({ PAGE: 'false' })
  expect((await app.inject('/')).statusCode).toBe(404)
  expect((await app.inject('/livez')).statusCode).toBe(200)
})

test.each([
  ['the page', '/', 200],
  ['the documentation', '/docs/', 200],
  ['a script of the documentation', '/docs/static/swagger-ui-bundle.js', 200],
  ['an answer', '/prompts', 200],
  ['a refusal', '/nowhere', 404],
])('the policy and its headers are on %s', async (_, url, status) => {
  const { app } = await startService()
  const answer = await app.inject(url)
  expect(answer.statusCode).toBe(status)
  expect(answer.headers).toMatchObject({
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
  })
})

test('with keys, the page takes none, and all that it asks does', async () => {
  const { createApiKey } = await import('../../src/core/api-key.ts')
  const { line } = createApiKey('people', { opens: ['classify'], limits: {} })
  const { app } = await startService({ API_KEYS: line })
  const html = await app.inject('/')
  expect(html.statusCode).toBe(200)
  expect((await app.inject(/\/page\/\w{16}\.css/.exec(html.body)![0])).statusCode).toBe(200)
  expect((await app.inject('/prompts')).statusCode).toBe(401)
})

test('5,000 tags are filtered by name and id, whatever the case', () => {
  const folded = foldTags(Array.from({ length: 5_000 }, (_, id) => ({ id, name: `Tag of Number ${id}` })))
  expect(filterTags(folded, ' NUMBER 499')).toHaveLength(11)
  expect(filterTags(folded, '')).toHaveLength(5_000)
})
