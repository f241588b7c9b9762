import { Buffer } from 'node:buffer'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decodeText } from '../../../src/core/bytes/decode.ts'
import { faultOfText } from '../../../src/core/bytes/formats.ts'
import { createDocuments } from '../../../src/documents/documents.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')
/** The rest of a file: every byte as often as any other. */
const anyBytes = Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 37) % 256))
const text = '# A router\n\nIt routes packets.\n'
const utf16 = Buffer.from(text, 'utf16le')
const utf32 = (littleEnd: boolean) => {
  const bytes = Buffer.alloc(4 + text.length * 4)
  const write = (value: number, at: number) =>
    littleEnd ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at)
  for (const [index, character] of ['\u{feff}', ...text].entries()) write(character.codePointAt(0)!, index * 4)
  return bytes
}

const read = (bytes: Buffer, charset: string | undefined) => {
  const decoded = decodeText(bytes, { what: 'The body', charset })
  return createDocuments({ textBudget: 2_000 }).read(decoded, { reduce: true }).text()
}

describe.each<[what: string, bytes: Buffer, says: RegExp]>([
  ['a PNG image', latin1('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'), /PNG image/],
  ['a JPEG image', latin1('\xff\xd8\xff\xe0\0\x10JFIF\0'), /JPEG image/],
  ['a GIF image', latin1('GIF89a\x01\0\x01\0\x80\0\0'), /./],
  ['a ZIP archive', latin1('PK\x03\x04\x14\0\0\0\x08\0'), /ZIP/],
  ['a PDF', latin1('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n'), /PDF/],
  ['PostScript', latin1('%!PS-Adobe-3.0\n'), /PostScript/],
  ['an old Word document', latin1('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'), /Office/],
  ['a 7z archive', latin1("7z\xbc\xaf'\x1c\0\x04"), /7z/],
  ['a RAR archive', latin1('Rar!\x1a\x07\x01\0'), /RAR/],
  ['xz', latin1('\xfd7zXZ\0\0\x04'), /xz/],
  ['bzip2', latin1('BZh91AY&SY\x1a'), /bzip2/],
  ['a program', latin1('\x7fELF\x02\x01\x01\0'), /program/],
  ['an SQLite database', latin1('SQLite format 3\0\x10\0'), /SQLite/],
  ['a database of another kind', latin1('\0\x01\x02\x03'), /./],
])('%s', (_, begins, says) => {
  test.each([undefined, 'utf-8', 'windows-1251', 'iso-8859-1', 'ibm866'])('is no text, said to be in %s', charset => {
    const refused = expect.objectContaining({ code: 'unusable_text', message: expect.stringMatching(says) })
    expect(() => read(Buffer.concat([begins, anyBytes]), charset)).toThrow(refused)
  })
})

test.each<[what: string, bytes: Buffer, says: RegExp]>([
  ['gzip', gzipSync(text), /packed with gzip: unpack it/],
  ['zstd', zstdCompressSync(text), /packed with zstd: unpack it/],
  ['brotli', brotliCompressSync(text.repeat(20)), /UTF-8|control characters/],
  ['UTF-16 without a mark', utf16, /UTF-16 without a byte order mark/],
  ['UTF-16 without a mark, big end first', Buffer.from(utf16).swap16(), /UTF-16 without a byte order mark/],
  ['UTF-16 without a mark, Russian', Buffer.from('Ремонт лодок и баз', 'utf16le'), /control characters/],
  ['UTF-16 without a mark, Chinese', Buffer.from('一个用于音频的数据库', 'utf16le'), /UTF-8/],
  ['UTF-32', utf32(true), /UTF-32/],
  ['UTF-32, big end first', utf32(false), /UTF-32/],
])('%s that nothing declares is refused in words', (_, bytes, says) => {
  const refused = expect.objectContaining({ code: 'unusable_text', message: expect.stringMatching(says) })
  expect(() => read(bytes, undefined)).toThrow(refused)
})

test('an image or a PDF in a string is no text either', () => {
  expect(faultOfText(`\x89PNG\r\n\x1a\n${anyBytes.toString('latin1')}`)).toMatch(/PNG/)
  expect(faultOfText(`%PDF-1.4\n${text}`)).toMatch(/PDF/)
  expect(faultOfText(anyBytes.toString('latin1'))).toMatch(/control characters/)
})

test.each([
  ['colours of a terminal', '\x1b[1m\x1b[31mRouter\x1b[0m'],
  ['bold type of a manual page', 'N\bNA\bAM\bME\bE\n  router'],
  ['new pages', 'One\fTwo\vThree'],
  ['one stray character in many', `${text.repeat(3)}\0`],
  ['a text about PNG', 'PNG files begin with 89 50 4E 47.'],
  ['a text that names a PDF', 'See manual.pdf, %PDF-1.7 inside.'],
  ['two letters that an archive begins with', 'PK stands for Phil Katz.'],
  ['a bracket that is no mark', '[1] RFC 2781'],
  ['characters from all over', 'Größe 字幕 🎧 קול \u{200b}\u{feff}'],
  ['what another program lost', 'Gr\u{fffd}\u{fffd}e'],
  ['nothing', ''],
])('%s is text', (_, written) => {
  expect(faultOfText(written)).toBeUndefined()
})
