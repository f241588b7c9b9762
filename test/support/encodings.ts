import { Buffer } from 'node:buffer'
import written from '../fixtures/encodings.json' with { type: 'json' }

/** Texts as another program wrote them: the codecs of Python 3.11, of the name or its superset in the Encoding Standard. */
export const encodings = written.map(({ charset, text, base64 }) => ({
  charset,
  text,
  bytes: Buffer.from(base64, 'base64'),
}))

export const encoded = (charset: string) => encodings.find(row => row.charset === charset)!

/** Byte order marks. */
export const mark = {
  utf8: Buffer.from([0xef, 0xbb, 0xbf]),
  utf16le: Buffer.from([0xff, 0xfe]),
}

/** As Windows PowerShell writes what is piped to a file. */
export const asPowerShellWrites = (text: string): Buffer =>
  Buffer.concat([mark.utf16le, Buffer.from(text.replaceAll('\n', '\r\n'), 'utf16le')])
