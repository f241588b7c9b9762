import { Buffer, isUtf8 } from 'node:buffer'
import { getBOMEncoding, normalizeEncoding, TextDecoder } from '@exodus/bytes/encoding.js'
import { ServiceError } from '../outcome.ts'
import { beginsPlainly, faultOfHead, headLength } from './formats.ts'

const byteOrderMark = 0xfeff
const lost = '\u{fffd}'

/**
 * The text of bytes that are all there: by their byte order mark, else by what was declared, else as UTF-8. Never with
 * a replacement for what could not be read, so that different bytes are different texts.
 * @throws ServiceError unsupported_media_type for a charset that is not known, unusable_text for what is no text
 */
export function decodeText(bytes: Uint8Array, source: Source): string {
  // As nearly all of it comes.
  const plain = source.charset === undefined && beginsPlainly(bytes) ? utf8Text(bytes) : undefined
  if (plain !== undefined) return plain
  const encoding = encodingOf(bytes, source)
  const content = bytes.subarray(encoding.markLength)
  const text = encoding.name === 'utf-8' ? utf8Text(content) : strictly(content, encoding)
  if (text === undefined) throw notInEncoding(source, encoding)
  return text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text
}

/** Undefined for bytes that are not UTF-8. */
export const utf8Text = (bytes: Uint8Array): string | undefined =>
  isUtf8(bytes) ? bufferOf(bytes).toString('utf8') : undefined

const bufferOf = (bytes: Uint8Array) =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function strictly(bytes: Uint8Array, { name }: Encoding): string | undefined {
  try {
    return new TextDecoder(name, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

export interface Utf8Stream {
  /** @throws ServiceError as `decodeText` does, once the beginning is there */
  push(chunk: Uint8Array): Uint8Array
  end(): Uint8Array
}

/** So many bytes tell a byte order mark, and all but a few formats. More would hold back a short line of a stream. */
const decidedBy = 4
const nothing: Uint8Array = new Uint8Array()

/**
 * UTF-8 of bytes that come in chunks, without the byte order mark. What is UTF-8 goes through unread, so that its
 * reader finds the entry that is not valid; in other encodings what could not be read becomes a byte that is no UTF-8,
 * so that the reader finds it as well.
 */
export function createUtf8Stream(source: Source): Utf8Stream {
  let head = nothing
  let toUtf8: ((chunk?: Uint8Array) => Uint8Array) | undefined

  function begin(bytes: Uint8Array): Uint8Array {
    head = nothing
    const { name, markLength } = encodingOf(bytes, source)
    toUtf8 = name === 'utf-8' ? (chunk = nothing) => chunk : createTranscoder(name)
    return toUtf8(bytes.subarray(markLength))
  }

  return {
    push(chunk) {
      if (toUtf8) return toUtf8(chunk)
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
      return head.length < decidedBy ? nothing : begin(head)
    },
    end() {
      const rest = toUtf8 ? nothing : begin(head)
      return Buffer.concat([rest, toUtf8!()])
    },
  }
}

function createTranscoder(name: string): (chunk?: Uint8Array) => Uint8Array {
  const decoder = new TextDecoder(name, { ignoreBOM: true })
  return chunk => {
    const text = chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode()
    return text.includes(lost) ? withBadBytes(text) : Buffer.from(text)
  }
}

const badByte = Buffer.from([0xff])

/** A text that held the replacement character before cannot be told from one that was just damaged, and is refused too. */
const withBadBytes = (text: string): Uint8Array =>
  Buffer.concat(text.split(lost).flatMap((part, index) => [...(index > 0 ? [badByte] : []), Buffer.from(part)]))

/** Bytes that are to be read as text. */
export interface Source {
  /** How an error names them, at the beginning of a sentence. */
  readonly what: string
  /** What was declared, by a label of the Encoding Standard; UTF-8 when left out. A byte order mark goes before it. */
  readonly charset?: string | undefined
}

interface Encoding {
  /** A name of the Encoding Standard, in small letters. */
  readonly name: string
  /** How many bytes its byte order mark takes. */
  readonly markLength: number
}

/** ASCII is a part of UTF-8, and what is wrongly said to be ASCII nearly always is UTF-8; windows-1252 would read anything. */
const ascii = new Set(['us-ascii', 'ascii', 'ansi_x3.4-1968', 'iso646-us', 'iso-ir-6'])

/** They stand for nothing that could be read: one refuses everything, the other has a private character for each byte. */
const noEncodings: readonly (string | null)[] = [null, 'replacement', 'x-user-defined']

/**
 * How bytes that begin so are to be read.
 * @throws ServiceError unsupported_media_type for a charset that is not known, unusable_text for what is no text
 */
function encodingOf(head: Uint8Array, { what, charset }: Source): Encoding {
  const mark = getBOMEncoding(head)
  const name = mark ?? declaredEncoding(charset)
  // Letters in UTF-16 may look like anything.
  const fault =
    mark !== null || !name.startsWith('utf-16')
      ? faultOfHead(bufferOf(head).toString('latin1', 0, headLength))
      : undefined
  if (fault !== undefined) throw new ServiceError('unusable_text', `${what} ${fault}.`)
  return { name, markLength: mark === null ? 0 : mark === 'utf-8' ? 3 : 2 }
}

function declaredEncoding(charset: string | undefined): string {
  if (charset === undefined) return 'utf-8'
  const label = charset.trim().toLowerCase()
  if (ascii.has(label)) return 'utf-8'
  const name = normalizeEncoding(label)
  if (name === null || noEncodings.includes(name))
    throw new ServiceError(
      'unsupported_media_type',
      'The charset is not known: use UTF-8, or one that the Encoding Standard names, such as windows-1251 or shift_jis.',
    )
  // The standard says little-endian, RFC 2781 big-endian, and both are sent.
  if (name === 'utf-16le' && label !== name)
    throw new ServiceError(
      'unsupported_media_type',
      `The charset ${label} does not tell which byte comes first, and there is no byte order mark: say utf-16le or utf-16be.`,
    )
  return name
}

/** What was read is not in the encoding that it should be. */
const notInEncoding = ({ what, charset }: Source, { name, markLength }: Encoding): ServiceError =>
  new ServiceError(
    'unusable_text',
    charset === undefined && markLength === 0
      ? `${what} is not valid UTF-8, and nothing says what else it is: use UTF-8, name the charset, or begin with a byte order mark.`
      : `${what} is not valid ${name}, as its charset or its byte order mark says.`,
  )

/** A body as UTF-8, however it was sent, a chunk at a time. @throws ServiceError unsupported_media_type or unusable_text */
export async function* utf8Chunks(
  body: AsyncIterable<Uint8Array>,
  source: Source,
): AsyncGenerator<Uint8Array, undefined> {
  const stream = createUtf8Stream(source)
  for await (const chunk of body) {
    const part = stream.push(chunk)
    if (part.length > 0) yield part
  }
  const rest = stream.end()
  if (rest.length > 0) yield rest
}
