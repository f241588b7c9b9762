import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createUtf8Stream, decodeText } from '../../../src/core/bytes/decode.ts'
import { encodings, mark } from '../../support/encodings.ts'

const what = 'The body'
const decode = (bytes: Uint8Array, charset?: string) => decodeText(bytes, { what, charset })
const fails = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

function stream(bytes: Uint8Array, { charset, size }: { charset?: string | undefined; size: number }): Buffer {
  const { push, end } = createUtf8Stream({ what, charset })
  const parts: Uint8Array[] = []
  for (let from = 0; from < bytes.length; from += size) parts.push(push(bytes.subarray(from, from + size)))
  return Buffer.concat([...parts, end()])
}

describe.each(encodings)('$charset', ({ charset, text, bytes }) => {
  test('is read as what it says, whole and in pieces of any size', () => {
    expect(decode(bytes, charset)).toBe(text)
    expect(decode(bytes, charset.toUpperCase())).toBe(text)
    for (const size of [1, 2, 3, 5, 1_000]) expect(stream(bytes, { charset, size }).toString()).toBe(text)
  })
})

test.each([
  ['UTF-8', mark.utf8, 'utf8'],
  ['UTF-16, little end first', mark.utf16le, 'utf16le'],
] as const)(
  'a byte order mark of %s goes before what was declared, and is not part of the text',
  (_, begins, encoding) => {
    const text = 'Größenprüfung 字幕'
    const bytes = Buffer.concat([begins, Buffer.from(text, encoding)])
    for (const charset of [undefined, 'utf-8', 'utf-16', 'windows-1251', 'unheard-of']) {
      expect(decode(bytes, charset)).toBe(text)
      expect(stream(bytes, { charset, size: 1 }).toString()).toBe(text)
    }
  },
)

test('a byte order mark of UTF-16, big end first, is read too', () => {
  const bytes = Buffer.concat([mark.utf16le, Buffer.from('字幕', 'utf16le')]).swap16()
  expect(decode(bytes)).toBe('字幕')
  expect(stream(bytes, { size: 3 }).toString()).toBe('字幕')
})

test('what is said to be ASCII and is UTF-8 is read as UTF-8', () => {
  for (const charset of ['us-ascii', 'ASCII', 'ANSI_X3.4-1968']) {
    expect(decode(Buffer.from('Größe'), charset)).toBe('Größe')
    expect(() => decode(Buffer.from('Größe', 'latin1'), charset)).toThrow(fails('unusable_text', /not valid utf-8/))
  }
})

test.each(['utf-7', 'utf-32', 'cp437', 'x-user-defined', 'replacement', 'hz-gb-2312', 'x', '🎧'])(
  'the charset %s is refused by a sentence that says what is taken',
  charset => {
    const refused = fails('unsupported_media_type', /^The charset is not known: use UTF-8/)
    expect(() => decode(Buffer.from('A router.'), charset)).toThrow(refused)
    expect(() => stream(Buffer.from('A router.'), { charset, size: 2 })).toThrow(refused)
  },
)

test.each(['utf-16', 'UTF-16', 'unicode', 'ucs-2'])('%s without a byte order mark does not tell the order', charset => {
  const bytes = Buffer.from('A router.', 'utf16le')
  expect(() => decode(bytes, charset)).toThrow(fails('unsupported_media_type', /utf-16le or utf-16be/))
})

test.each<[what: string, charset: string | undefined, bytes: number[], message: RegExp]>([
  ['Latin-1 that says nothing', undefined, [0x47, 0x72, 0xf6, 0xdf, 0x65], /not valid UTF-8, and nothing says/],
  ['Latin-1 that is said to be UTF-8', 'utf-8', [0x47, 0x72, 0xf6, 0xdf, 0x65], /not valid utf-8, as its charset/],
  ['UTF-8 that is cut in a character', undefined, [0x47, 0xc3], /not valid UTF-8/],
  ['an overlong form', undefined, [0x41, 0xc0, 0xaf], /not valid UTF-8/],
  ['half of a character in UTF-8', undefined, [0x41, 0xed, 0xa0, 0xbd], /not valid UTF-8/],
  ['UTF-16 with half of a character', 'utf-16le', [0x41, 0, 0x3d, 0xd8, 0x41, 0], /not valid utf-16le/],
  ['UTF-16 with an odd byte', 'utf-16be', [0, 0x41, 0], /not valid utf-16be/],
  ['a byte that windows-1253 does not have', 'windows-1253', [0x41, 0xd2], /not valid windows-1253/],
  ['half of a character in Shift_JIS', 'shift_jis', [0x82, 0xa0, 0x82], /not valid shift_jis/],
  ['a byte that no character of EUC-KR begins with', 'euc-kr', [0x41, 0xff], /not valid euc-kr/],
  ['a byte that no character of Big5 begins with', 'big5', [0x41, 0xff], /not valid big5/],
  ['a character of EUC-JP that is none', 'euc-jp', [0xa4, 0x41], /not valid euc-jp/],
  ['an escape that ISO-2022-JP does not have', 'iso-2022-jp', [0x1b, 0x41], /not valid iso-2022-jp/],
])('%s is refused, not mended', (_, charset, bytes, message) => {
  expect(() => decode(Uint8Array.from(bytes), charset)).toThrow(fails('unusable_text', message))
})

test('different bytes are different texts, or none', () => {
  const read = (bytes: Uint8Array, charset: string) => {
    try {
      return decode(bytes, charset)
    } catch {
      return bytes
    }
  }
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 12 })
  const charset = fc.constantFrom('utf-8', 'windows-1251', 'windows-1253', 'koi8-r', 'iso-8859-8')
  fc.assert(
    fc.property(bytes, bytes, charset, (one, other, named) => {
      // A byte order mark is no part of a text.
      fc.pre(!Buffer.from(one).equals(Buffer.from(other)) && one[0]! < 0xef && other[0]! < 0xef)
      expect(read(one, named)).not.toEqual(read(other, named))
    }),
  )
})

test('in a stream, what could not be read stays to be found, and all around it is read', () => {
  const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0x82, 0xa0, 0xff]), Buffer.from('"}\n{"b":1}\n')])
  const expected = Buffer.concat([Buffer.from('{"a":"あ'), Buffer.from([0xff]), Buffer.from('"}\n{"b":1}\n')])
  for (const size of [1, 4, 100]) expect(stream(bytes, { charset: 'shift_jis', size })).toEqual(expected)
})
