import type { AddressInfo } from 'node:net'
import { expect, expectTypeOf, test } from 'vitest'
import { type Answer, createClient, type DetailedAnswer } from '../../src/client/index.ts'
import { createApiKey } from '../../src/core/api-key.ts'
import { startService } from '../support/service.ts'

const { key, line } = createApiKey('indexer', { opens: ['classify'], limits: {} })
const request = { id: 7, text: '# A router\n\nIt routes packets over IPv6.' }

async function startedAt(env: Record<string, string>): Promise<string> {
  const { app } = await startService(env)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
}

test('asks with a key, and is told how the answer came about', async () => {
  const { classify } = createClient({ url: await startedAt({ API_KEYS: line }), apiKey: key })
  const answer = await classify(request)
  expectTypeOf(answer).toEqualTypeOf<Answer>()
  expect(answer).toEqual({ id: 7, tags: expect.arrayContaining([expect.any(Number)]) })
  const detailed = await classify(request, { details: true })
  expectTypeOf(detailed).toEqualTypeOf<DetailedAnswer>()
  expect(detailed).toMatchObject({ ...answer, details: { outcome: 'ok', model: 'embedded-ranker' } })
})

test('fails with what the service says', async () => {
  const url = await startedAt({ API_KEYS: line })
  await expect(createClient({ url }).classify(request)).rejects.toMatchObject({ code: 'unauthorized', status: 401 })
  const { classify } = createClient({ url, apiKey: key })
  await expect(classify({ ...request, max_tags: 99 })).rejects.toMatchObject({
    ...{ code: 'invalid_request', problem: { errors: [{ pointer: '/max_tags' }] } },
  })
  await expect(classify({ text: ' ' })).rejects.toMatchObject({ code: 'unusable_text', retryable: false })
})
