import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import { Readable } from 'node:stream'
import { ServiceError } from '../../core/outcome.ts'
import { openInput, readJson } from '../input.ts'
import { isTagsmithError, type Terminal } from '../terminal.ts'

export interface InputFlags {
  readonly tags?: string
  readonly charset?: string
  readonly strict?: boolean
  /** Of a table: its columns, and whether it is one, where the name of the file does not tell. */
  readonly id: string
  readonly text: readonly string[]
  readonly form?: 'csv' | 'ndjson'
}

type Upload<T> = (body: ReadableStream<Uint8Array>, charset: string | undefined) => Promise<T>

const openingBracket = 0x5b
const blanks = new Set([...Buffer.from(' \t\n\r\ufeff')])
/** The longest row of a table, in bytes; the service has a limit of its own. */
const longestRow = 1_073_741_824

/**
 * Sends a file of items, a table as NDJSON; a fault of the file is told as such, and not as one of the connection it was
 * to go through.
 */
export async function send<T>(file: string, flags: InputFlags, terminal: Terminal, upload: Upload<T>): Promise<T> {
  const { tags, charset } = flags
  const settings = tags === undefined ? undefined : { tags: await readJson(tags, terminal) }
  const input = await openInput(file, terminal)
  // What is put before the file is UTF-8, and so are the lines of a table, so that the file has to be as well.
  const { utf8Chunks } = await import('../../core/bytes/decode.ts')
  const isTable = isTableFile(file, flags)
  const utf8 = () =>
    isTable ? linesOfTable(input, { file, flags, terminal }) : utf8Chunks(input, { what: file, charset })
  const chunks = settings ? withSettings(utf8(), settings) : isTable ? utf8() : input
  let fault: unknown
  async function* readOrTold() {
    try {
      yield* chunks as AsyncIterable<Uint8Array>
    } catch (error) {
      fault = error
      throw error
    }
  }
  const body = Readable.from(readOrTold(), { objectMode: false })
  try {
    return await upload(Readable.toWeb(body) as ReadableStream<Uint8Array>, settings || isTable ? undefined : charset)
  } catch (error) {
    throw isTagsmithError(error) && error.code === 'unreachable' ? (fault ?? error) : error
  } finally {
    // A connection that broke reads no further, and leaves the file open.
    body.destroy()
    if (input !== terminal.stdin) input.destroy()
  }
}

const isTableFile = (file: string, { form }: InputFlags): boolean =>
  form === undefined ? ['.csv', '.tsv'].includes(extname(file).toLowerCase()) : form === 'csv'

interface TableOptions {
  readonly file: string
  readonly flags: InputFlags
  readonly terminal: Terminal
}

/** The rows of a table as NDJSON. One that is no item is left out and told, or ends it where nothing may be. */
async function* linesOfTable(input: Readable, { file, flags, terminal }: TableOptions): AsyncGenerator<Uint8Array> {
  const { readTable } = await import('../../catalogue/index.ts')
  const { id, text, charset, strict = false } = flags
  for await (const item of readTable(input, { name: file, fields: { id, text }, charset, limit: longestRow })) {
    if (!('error' in item)) yield Buffer.from(`${JSON.stringify({ id: item.id, text: item.text })}\n`)
    else if (strict) throw item.error
    else terminal.stderr.write(`left out: ${item.error.message}\n`)
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

/** The name of an upload by what is sent, so that the same command finds it again. @throws ServiceError for stdin */
export async function keyOfContent(file: string, terminal: Terminal, settings: object): Promise<string> {
  if (file === '-')
    throw new ServiceError('invalid_request', '--resume needs a file; give stdin an --idempotency-key of its own.')
  const hash = createHash('sha256').update(JSON.stringify(settings))
  for await (const chunk of await openInput(file, terminal)) hash.update(chunk)
  return `content-${hash.digest('hex').slice(0, 32)}`
}
