import { Buffer } from 'node:buffer'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { ended, resultsOf, startBatchService } from '../support/batch-service.ts'
import { asPowerShellWrites, encoded } from '../support/encodings.ts'

const text = 'Größenprüfung für Straßenbäume'
const entry = (id: number) => JSON.stringify({ id, text: `${text}, ${id}: it sorts.` })
const arrays = `[${entry(0)},\n${entry(1)}]\n[${entry(2)}]\n${entry(3)}\n`
const bytesOf = (written: string, encoding: BufferEncoding = 'utf8') => Uint8Array.from(Buffer.from(written, encoding))
const packed = (bytes: Buffer) => Uint8Array.from(bytes)
const ndjson = { 'content-type': 'application/x-ndjson' }

test('an upload is read however it is written', async () => {
  const { url, provider, submit, until } = await startBatchService({ env: { CACHE_ENTRIES: '0' } })
  const { bytes, text: japanese } = encoded('shift_jis')
  const inShiftJis = Buffer.concat([Buffer.from('[{"id":0,"text":"'), bytes, Buffer.from('"}]')])
  const uploads: [body: Uint8Array<ArrayBuffer>, headers: Record<string, string>, shown: string, items: number][] = [
    [bytesOf(arrays), ndjson, `${text}, 3`, 4],
    [packed(asPowerShellWrites(arrays)), { 'content-type': 'application/json' }, `${text}, 3`, 4],
    [bytesOf(arrays, 'utf16le'), { 'content-type': 'application/json; charset=utf-16le' }, `${text}, 3`, 4],
    [bytesOf(arrays, 'latin1'), { 'content-type': 'application/x-ndjson; charset=latin1' }, `${text}, 3`, 4],
    [packed(inShiftJis), { 'content-type': 'application/json; charset=shift_jis' }, japanese, 1],
  ]
  for (const [body, headers, shown, items] of uploads) {
    const before = provider.requests.length
    const { status, body: batch } = await submit(body, { headers })
    expect([headers, status, batch.request_counts]).toEqual([headers, 202, { total: items, completed: 0, failed: 0 }])
    await until(batch.id, ended)
    const ids = (await resultsOf(url, batch.id)).map(({ id, tags }) => tags && id)
    expect(ids).toEqual(Array.from({ length: items }, (_, id) => id))
    expect(JSON.stringify(provider.requests.slice(before).map(request => request.body))).toContain(shown)
  }
})

test('what follows an array and is no entry fails with its line', async () => {
  const { url, submit, until } = await startBatchService()
  const { body } = await submit(`[${entry(0)},\n${entry(1)}],\n[${entry(2)}]`)
  await until(body.id, ended)
  expect((await resultsOf(url, body.id)).map(({ id, error }) => [id, error?.code, error?.line])).toEqual([
    [0, undefined, undefined],
    [1, undefined, undefined],
    [null, 'invalid_request', 2],
    [null, 'invalid_request', 3],
  ])
})

test('a line in another charset fails alone, and does not end an upload that is gone on with from there', async () => {
  const { url, submit, until } = await startBatchService()
  const lines = Buffer.concat([
    Buffer.from(`${entry(0)}\n`),
    Buffer.from(`${entry(1)}\n`, 'latin1'),
    Buffer.from(entry(2)),
  ])
  const { status, body } = await submit(packed(lines), { idempotencyKey: 'k', query: '?more=true', headers: ndjson })
  expect([status, body.request_counts]).toMatchObject([202, { total: 3, failed: 1 }])
  const rest = await submit(bytesOf(`${entry(3)}\n`, 'latin1'), {
    idempotencyKey: 'k',
    query: '?offset=3',
    headers: ndjson,
  })
  expect([rest.status, rest.body.id]).toEqual([202, body.id])
  await until(body.id, ended)
  expect((await resultsOf(url, body.id)).map(({ id, error }) => [id, error?.code, error?.line])).toEqual([
    [0, undefined, undefined],
    [1, 'unusable_text', 2],
    [2, undefined, undefined],
    [3, 'unusable_text', 1],
  ])
})

test('what is no text is refused before anything is taken', async () => {
  const { url, submit, get } = await startBatchService()
  const uploads: [body: Uint8Array<ArrayBuffer>, headers: Record<string, string>, status: number, says: RegExp][] = [
    [bytesOf(entry(1), 'latin1'), ndjson, 422, /^Line 1 holds bytes/],
    [bytesOf(`[${entry(1)}]`, 'latin1'), ndjson, 422, /^Element 1 holds bytes/],
    [bytesOf(entry(1), 'utf16le'), ndjson, 422, /without a byte order mark/],
    [packed(gzipSync(entry(1))), ndjson, 422, /packed with gzip: unpack it/],
    [bytesOf('PK\x03\x04'), ndjson, 422, /ZIP/],
    [bytesOf(entry(1)), { 'content-type': 'application/x-ndjson; charset=x' }, 415, /charset is not known/],
    [packed(gzipSync(arrays)), { ...ndjson, 'content-encoding': 'gzip' }, 415, /without content-encoding/],
    [packed(brotliCompressSync(arrays)), { ...ndjson, 'content-encoding': 'br' }, 415, /without content-encoding/],
    [packed(zstdCompressSync(arrays)), { ...ndjson, 'content-encoding': ' ZSTD' }, 415, /without content-encoding/],
    [bytesOf(entry(1)), { ...ndjson, 'content-encoding': 'compress' }, 415, /without content-encoding/],
  ]
  for (const [body, headers, status, says] of uploads) {
    const refused = await submit(body, { headers })
    expect([refused.status, refused.body.detail]).toEqual([status, expect.stringMatching(says)])
    const estimate = await fetch(`${url}/batches/estimate`, { method: 'POST', headers, body })
    expect([estimate.status, await estimate.json()]).toMatchObject([status, { detail: refused.body.detail }])
  }
  expect((await get('/batches')).body).toMatchObject({ data: [] })
})
