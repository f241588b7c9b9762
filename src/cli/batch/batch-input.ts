import { Readable } from 'node:stream'
import { ServiceError } from '../../core/outcome.ts'
import { openInput, readJson } from '../input.ts'
import { isTagsmithError, type Terminal } from '../terminal.ts'

export interface InputFlags {
  readonly tags?: string
  readonly charset?: string
}

const openingBracket = 0x5b
const blanks = new Set([...Buffer.from(' \t\n\r\ufeff')])

/** Sends a file of items; a fault of the file is told as such, and not as one of the connection it was to go through. */
export async function send<T>(
  file: string,
  { tags, charset }: InputFlags,
  terminal: Terminal,
  upload: (body: ReadableStream<Uint8Array>, charset: string | undefined) => Promise<T>,
): Promise<T> {
  const settings = tags === undefined ? undefined : { tags: await readJson(tags, terminal) }
  const input = await openInput(file, terminal)
  let fault: Error | undefined
  input.once('error', error => {
    fault = error
  })
  // What is put before the file is UTF-8, so that the file has to be as well.
  const { utf8Chunks } = await import('../../core/bytes/decode.ts')
  const body = settings
    ? Readable.from(withSettings(utf8Chunks(input, { what: file, charset }), settings), { objectMode: false })
    : input
  body.once('error', error => {
    if (error instanceof ServiceError) fault = error
  })
  try {
    return await upload(Readable.toWeb(body) as ReadableStream<Uint8Array>, settings ? undefined : charset)
  } catch (error) {
    throw isTagsmithError(error) && error.code === 'unreachable' ? (fault ?? error) : error
  }
}

/** Puts the settings before the first entry, which tells by its first character whether lines or an array follow. */
async function* withSettings(input: AsyncIterable<Uint8Array>, batch: object): AsyncGenerator<Uint8Array> {
  const settings = JSON.stringify({ batch })
  let hasBegun = false
  for await (const chunk of input) {
    const start = hasBegun ? 0 : chunk.findIndex(byte => !blanks.has(byte))
    if (start === -1) continue
    if (hasBegun) yield chunk
    else if (chunk[start] === openingBracket)
      yield Buffer.concat([Buffer.from(`[${settings},`), chunk.subarray(start + 1)])
    else yield Buffer.concat([Buffer.from(`${settings}\n`), chunk.subarray(start)])
    hasBegun = true
  }
}
