import { Buffer } from 'node:buffer'
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { asPowerShellWrites, encoded, encodings, mark } from '../support/encodings.ts'
import { completion, createWire } from '../support/endpoint.ts'
import { endpointSettings, startService } from '../support/service.ts'

const wire = createWire()
const ndjson = 'application/x-ndjson'
const text = 'Größenprüfung für Straßenbäume, eine kleine Datenbank.'
const packings = [
  ['gzip', 'gzip', gzipSync],
  ['gzip by its old name', 'x-gzip', gzipSync],
  ['gzip in capitals', 'GZIP', gzipSync],
  ['brotli', 'br', brotliCompressSync],
  ['deflate within zlib', 'deflate', deflateSync],
  ['deflate alone', 'deflate', deflateRawSync],
  ['zstd', 'zstd', zstdCompressSync],
  ['nothing', 'identity', (bytes: Buffer) => bytes],
] as const

/** The service, before an endpoint that finds nothing in anything. */
async function startBefore(answers: number, settings: Record<string, string> = {}) {
  wire.plays(...Array.from({ length: answers }, () => ({ body: completion('{"tags":[]}') })))
  const { app, log } = await startService({ ...endpointSettings, ...settings })
  const post = async (payload: Buffer | string, headers: Record<string, string>, url = '/classify') => {
    const response = await app.inject({ method: 'POST', url, payload, headers })
    return { status: response.statusCode, headers: response.headers, body: response.body }
  }
  /** What the model was shown at last. */
  const shown = () => wire.sent.at(-1)?.body.messages.at(-1)?.content
  return { post, shown, log }
}

describe('texts come to the model as they were written', () => {
  test('as the body, and in JSON, in every charset', async () => {
    const { post, shown } = await startBefore(2 * encodings.length, { CACHE_ENTRIES: '0' })
    for (const { charset, text: written, bytes } of encodings) {
      const raw = await post(bytes, { 'content-type': `text/plain; charset="${charset}"` })
      expect([charset, raw.status, shown()]).toEqual([charset, 200, expect.stringContaining(written)])
      // Of what JSON adds, every letter is of one byte or two, as in the charset itself.
      const wide = charset.startsWith('utf-16') ? charset : undefined
      const ascii = (part: string) =>
        wide === 'utf-16be' ? Buffer.from(part, 'utf16le').swap16() : Buffer.from(part, wide ? 'utf16le' : 'latin1')
      const json = Buffer.concat([ascii('{"id":7,"text":"'), bytes, ascii('"}')])
      const answer = await post(json, { 'content-type': `application/json;charset=${charset}` })
      expect([charset, answer.body]).toEqual([charset, '{"id":7,"tags":[]}'])
      expect(shown()).toContain(written)
    }
  })

  test.each(['text/markdown', 'application/json'])('as %s with a byte order mark and no charset', async type => {
    const { post, shown } = await startBefore(2)
    for (const begins of [mark.utf8, mark.utf16le]) {
      const written = `${text} ${begins.length}`
      const whole = type === 'application/json' ? JSON.stringify({ text: written }) : written
      const bytes = Buffer.from(whole, begins === mark.utf8 ? 'utf8' : 'utf16le')
      const { status } = await post(Buffer.concat([begins, bytes]), { 'content-type': type })
      expect([status, shown()]).toEqual([200, expect.stringContaining(written)])
    }
  })

  test.each(packings)('packed with %s', async (_, coding, pack) => {
    const { post, shown } = await startBefore(2)
    const headers = { 'content-encoding': coding }
    const raw = await post(pack(encoded('windows-1251').bytes), {
      ...headers,
      'content-type': 'text/plain; charset=cp1251',
    })
    expect([raw.status, shown()]).toEqual([200, expect.stringContaining('ремонта лодок')])
    const json = await post(pack(Buffer.from(JSON.stringify({ text }))), {
      ...headers,
      'content-type': 'application/json',
    })
    expect([json.status, shown()]).toEqual([200, expect.stringContaining(text)])
  })

  test('two texts in windows-1251 are two texts, and share no answer', async () => {
    const { post } = await startBefore(2)
    const { bytes } = encoded('windows-1251')
    const headers = { 'content-type': 'text/plain; charset=windows-1251' }
    const other = Buffer.from(bytes).reverse()
    const [first, second, again] = [await post(bytes, headers), await post(other, headers), await post(bytes, headers)]
    expect([first, second, again].map(answer => answer.headers['x-cache'])).toEqual(['miss', 'miss', 'hit'])
    const undeclared = [
      await post(bytes, { 'content-type': 'text/plain' }),
      await post(other, { 'content-type': 'text/plain' }),
    ]
    expect(undeclared.map(({ status }) => status)).toEqual([422, 422])
  })

  test('a reply that is told back to the model is not cut in a character', async () => {
    const { post } = await startBefore(0)
    const reply = `${'x'.repeat(1_999)}🎧 and so on`
    wire.plays({ body: completion(reply) }, { body: completion('{"tags":[]}') })
    expect((await post('A router.', { 'content-type': 'text/plain' })).status).toBe(200)
    expect(wire.sent[1]?.body.messages.at(-2)).toEqual({ role: 'assistant', content: 'x'.repeat(1_999) })
  })

  test('half of a character is not passed on', async () => {
    const { post, shown } = await startBefore(1)
    await post('{"text":"It sorts \\ud83d things."}', { 'content-type': 'application/json' })
    expect(shown()).toContain('It sorts \u{fffd} things.')
  })
})

describe('what is no text is refused in words, and no model is asked', () => {
  const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.from(text)])
  const latin1 = Buffer.from(text, 'latin1')
  const json = 'application/json'
  test.each<[what: string, body: Buffer, headers: Record<string, string>, status: number, detail: RegExp]>([
    [
      'Latin-1 that nothing declares',
      latin1,
      { 'content-type': 'text/plain' },
      422,
      /^The body is not valid UTF-8, and/,
    ],
    ['Latin-1 said to be UTF-8', latin1, { 'content-type': 'text/plain; charset=utf-8' }, 422, /not valid utf-8/],
    [
      'Latin-1 in JSON',
      Buffer.from(JSON.stringify({ text }), 'latin1'),
      { 'content-type': json },
      422,
      /not valid UTF-8/,
    ],
    ['a PNG image', png, { 'content-type': 'text/plain' }, 422, /^The body is a PNG image/],
    ['a PNG image said to be Latin-1', png, { 'content-type': 'text/plain;charset=latin1' }, 422, /PNG image/],
    [
      'a PNG image in JSON',
      Buffer.from(JSON.stringify({ text: '\x89PNG\r\n' })),
      { 'content-type': json },
      422,
      /^The text is a PNG/,
    ],
    ['a PDF', Buffer.from('%PDF-1.7\n'), { 'content-type': 'text/markdown' }, 422, /PDF/],
    ['a ZIP archive', Buffer.from('PK\x03\x04'), { 'content-type': 'text/markdown' }, 422, /ZIP/],
    [
      'gzip that no header tells of',
      gzipSync(text),
      { 'content-type': 'text/plain' },
      422,
      /packed with gzip: unpack it/,
    ],
    [
      'UTF-16 without a mark',
      Buffer.from(text, 'utf16le'),
      { 'content-type': 'text/plain' },
      422,
      /without a byte order mark/,
    ],
    [
      'JSON in UTF-16 without a mark',
      Buffer.from('{"text":"A router"}', 'utf16le'),
      { 'content-type': json },
      422,
      /without a byte order mark/,
    ],
    [
      'a charset nobody knows',
      latin1,
      { 'content-type': 'text/plain; charset=klingon' },
      415,
      /^The charset is not known/,
    ],
    [
      'a charset nobody knows, of JSON',
      latin1,
      { 'content-type': `${json}; charset=utf-7` },
      415,
      /^The charset is not known/,
    ],
    [
      'a packing nobody knows',
      latin1,
      { 'content-type': json, 'content-encoding': 'compress' },
      415,
      /gzip, br, zstd, deflate/,
    ],
    [
      'two packings',
      gzipSync(gzipSync(text)),
      { 'content-type': 'text/plain', 'content-encoding': 'gzip, gzip' },
      415,
      /gzip, br, zstd, deflate/,
    ],
    [
      'what is not packed',
      Buffer.from(text),
      { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
      415,
      /not packed with gzip/,
    ],
    [
      'what is packed otherwise',
      gzipSync(text),
      { 'content-type': 'text/plain', 'content-encoding': 'br' },
      415,
      /not packed with br/,
    ],
    [
      'gzip that was cut',
      gzipSync(text).subarray(0, -9),
      { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
      415,
      /cut short/,
    ],
    [
      'zstd that was cut',
      zstdCompressSync(text).subarray(0, -3),
      { 'content-type': 'text/plain', 'content-encoding': 'zstd' },
      415,
      /cut short/,
    ],
    [
      'brotli that goes on',
      Buffer.concat([brotliCompressSync(text), brotliCompressSync(text)]),
      { 'content-type': 'text/plain', 'content-encoding': 'br' },
      415,
      /goes on after its end/,
    ],
    ['nothing that is packed', Buffer.from(''), { 'content-type': json, 'content-encoding': 'gzip' }, 400, /empty/],
  ])('%s', async (_, body, headers, status, detail) => {
    const { post } = await startBefore(0)
    const answer = await post(body, headers)
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([status, { detail: expect.stringMatching(detail) }])
    // Of a charset or a type it would be untrue.
    const isAboutCoding = status === 415 && 'content-encoding' in headers
    expect(answer.headers['accept-encoding']).toBe(isAboutCoding ? 'gzip, br, zstd, deflate' : undefined)
  })

  test('the same holds for a dry run', async () => {
    const { post } = await startBefore(0)
    const url = '/prompts/assign-tags/render'
    const body = Buffer.from(JSON.stringify({ text }), 'latin1')
    expect((await post(body, { 'content-type': 'application/json' }, url)).status).toBe(422)
    const read = await post(body, { 'content-type': 'application/json; charset=latin1' }, url)
    expect(JSON.parse(read.body).messages.at(-1).content).toContain(text)
    expect(
      (
        await post(
          gzipSync(JSON.stringify({ text })),
          { 'content-type': 'application/json', 'content-encoding': 'gzip' },
          url,
        )
      ).status,
    ).toBe(200)
  })
})

describe('the limit of a body is of what comes out of it', () => {
  const bombs = packings.filter(([, coding]) => coding !== 'identity')
  test.each(bombs)('%s', async (_, coding, pack) => {
    const { post } = await startBefore(1, { BODY_LIMIT: '100000' })
    const headers = { 'content-type': 'text/plain', 'content-encoding': coding }
    const bomb = pack(Buffer.alloc(5_000_000, 'a router '))
    const answer = await post(bomb, headers)
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([413, 'too_large'])
    expect((await post(pack(Buffer.alloc(99_000, 'a router ')), headers)).status).toBe(200)
  })
})

describe('a stream of texts', () => {
  const lines = (count: number) =>
    Array.from({ length: count }, (_, id) => JSON.stringify({ id, text: `${text} ${id}` })).join('\n')
  const answers = (body: string) =>
    body
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))

  test.each(packings)('packed with %s', async (_, coding, pack) => {
    const { post } = await startBefore(9)
    const answer = await post(pack(Buffer.from(lines(9))), { 'content-type': ndjson, 'content-encoding': coding })
    expect(answers(answer.body)).toHaveLength(9)
    const shown = wire.sent.map(({ body }) => body.messages.at(-1)?.content)
    for (let id = 0; id < 9; id += 1) expect(shown).toContainEqual(expect.stringContaining(`${text} ${id}`))
  })

  test('as PowerShell writes it', async () => {
    const { post, shown } = await startBefore(1)
    const answer = await post(asPowerShellWrites(lines(1)), { 'content-type': ndjson })
    expect([answers(answer.body), shown()]).toEqual([[{ id: 0, tags: [] }], expect.stringContaining(text)])
  })

  test('in Shift_JIS, whose letters hold brackets and backslashes; a broken line fails alone', async () => {
    const { post } = await startBefore(2)
    const { bytes, text: written } = encoded('shift_jis')
    const line = (id: number, content: Buffer) =>
      Buffer.concat([Buffer.from(`{"id":${id},"text":"`), content, Buffer.from('"}\n')])
    const body = Buffer.concat([line(1, bytes), line(2, Buffer.from([0xff])), line(3, Buffer.concat([bytes, bytes]))])
    const answer = await post(body, { 'content-type': `${ndjson}; charset=shift_jis` })
    const [failed, ...read] = answers(answer.body).sort((one, other) => Number('tags' in one) - Number('tags' in other))
    expect(failed).toMatchObject({ id: 2, line: 2, error: { code: 'unusable_text' } })
    expect(read.map(({ id }) => id).sort()).toEqual([1, 3])
    for (const { body: sent } of wire.sent) expect(sent.messages.at(-1)?.content).toContain(written)
  })

  test.each<[what: string, body: Buffer, headers: Record<string, string>, status: number]>([
    ['Latin-1', Buffer.from(lines(3), 'latin1'), {}, 422],
    ['UTF-16 without a mark', Buffer.from(lines(3), 'utf16le'), {}, 422],
    ['gzip that no header tells of', gzipSync(lines(3)), {}, 422],
    ['a ZIP archive', Buffer.from('PK\x03\x04'), {}, 422],
    ['a charset nobody knows', Buffer.from(lines(3)), { 'content-type': `${ndjson}; charset=x` }, 415],
    ['what is not packed', Buffer.from(lines(3)), { 'content-encoding': 'zstd' }, 415],
    ['a packing nobody knows', Buffer.from(lines(3)), { 'content-encoding': 'lzma' }, 415],
  ])('%s is refused as a whole', async (_, body, headers, status) => {
    const { post } = await startBefore(0)
    const answer = await post(body, { 'content-type': ndjson, ...headers })
    expect([answer.status, JSON.parse(answer.body).status]).toEqual([status, status])
  })

  test('a line that is over the limit once it is unpacked fails alone', async () => {
    const { post } = await startBefore(1, { BODY_LIMIT: '2000' })
    const body = `${JSON.stringify({ id: 1, text: 'long '.repeat(1_000_000) })}\n${lines(1)}`
    const answer = await post(gzipSync(body), { 'content-type': ndjson, 'content-encoding': 'gzip' })
    expect(answers(answer.body)).toMatchObject([
      { line: 1, error: { code: 'too_large' } },
      { id: 0, tags: [] },
    ])
  })

  test('what unpacks to a thousand times its size and more ends', async () => {
    const { post } = await startBefore(0)
    const bomb = brotliCompressSync(Buffer.alloc(100_000_000, ' '), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
    const answer = await post(bomb, { 'content-type': ndjson, 'content-encoding': 'br' })
    expect(answers(answer.body).at(-1)).toMatchObject({
      error: { code: 'too_large', detail: expect.stringContaining('thousand') },
    })
  })
})
