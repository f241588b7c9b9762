import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { utf8Chunks } from '../core/bytes/decode.ts'
import { parseJson } from '../core/json-fault.ts'
import { readPieces } from '../core/lines/entry.ts'
import { createSplitter } from '../core/lines/split.ts'
import { ServiceError } from '../core/outcome.ts'
import { type CatalogueItem, type Fields, itemOf } from './item.ts'

export interface RowOptions {
  /** What the bytes are called in messages. */
  readonly name: string
  readonly fields: Fields
  readonly charset: string | undefined
  /** The longest entry, in bytes. */
  readonly limit: number
}

type Bytes = AsyncIterable<Uint8Array>

/** NDJSON or a JSON array. @throws ServiceError for bytes that are no text */
export async function* readEntries(body: Bytes, options: RowOptions): AsyncGenerator<CatalogueItem> {
  const { name, fields, charset, limit } = options
  for await (const piece of readPieces(utf8Chunks(body, { what: name, charset }), createSplitter({ limit }))) {
    const place = `${name}:${piece.number}`
    const fail = (code: 'too_large' | 'invalid_request', message: string): CatalogueItem => ({
      ...{ place, id: place },
      error: new ServiceError(code, message),
    })
    const row = rowIn(piece.text)
    if (piece.text === undefined)
      yield fail('too_large', `${place} is longer than BODY_LIMIT, which is ${limit} bytes.`)
    else if (piece.isBroken)
      yield fail('invalid_request', `${place} holds bytes that are not UTF-8; name its --charset.`)
    else if (row === undefined) yield fail('invalid_request', `${place} is not a JSON object.`)
    else yield itemOf(row, place, fields)
  }
}

function rowIn(text = ''): Record<string, unknown> | undefined {
  const value = parseJson(text)
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

const delimiters = [',', ';', '\t', '|'] as const

/**
 * CSV or TSV with a row of names at its head; the delimiter is the one of the head, as spreadsheets write what their
 * language is used to.
 * @throws ServiceError for a head without the named columns, and a quote that is never closed
 */
export async function* readTable(body: Bytes, options: RowOptions): AsyncGenerator<CatalogueItem> {
  const { name, fields, charset, limit } = options
  const text = utf8Chunks(body, { what: name, charset })
  const { value: first } = await text.next()
  if (first === undefined) return
  const parser = parse({
    delimiter: delimiterOf(Buffer.from(first).toString('utf8')),
    ...{ bom: true, relax_quotes: true, relax_column_count: true, skip_empty_lines: true },
    // A record of a table is as long as an entry of NDJSON may be.
    max_record_size: limit,
  })
  async function* all() {
    yield first
    yield* text
  }
  // What reading throws is thrown by the parser as well.
  const feeding = pipeline(all, parser).catch(() => undefined)
  let head: string[] | undefined
  try {
    let row = 0
    for await (const record of parser as AsyncIterable<string[]>) {
      row += 1
      const place = `${name}:${row}`
      if (head === undefined) head = checkedHead(record, options)
      else if (record.length === head.length)
        yield itemOf(Object.fromEntries(head.map((column, index) => [column, record[index]])), place, fields)
      else yield raggedRow(record, head, { place, fields })
    }
    await feeding
  } catch (error) {
    throw inWords(error, options)
  }
}

/** The delimiter that stands most often in the first line, outside of quotes. */
function delimiterOf(text: string): string {
  const head = text.split(/\r?\n|\r/, 1)[0]!.replace(/"[^"]*"/g, '')
  const counts = delimiters.map(delimiter => head.split(delimiter).length)
  return delimiters[counts.indexOf(Math.max(...counts))]!
}

function checkedHead(head: readonly string[], { name, fields }: RowOptions): string[] {
  const names = head.map(column => column.trim())
  for (const [flag, wanted] of [
    ['--id', [fields.id]],
    ['--text', fields.text],
  ] as const) {
    const missing = wanted.find(column => !names.includes(column))
    if (missing !== undefined)
      throw new ServiceError(
        'invalid_request',
        `${name} has no column ${missing}; name one with ${flag}. Its columns are ${names.join(', ')}.`,
      )
  }
  return names
}

function raggedRow(
  record: readonly string[],
  head: readonly string[],
  { place, fields }: { place: string; fields: Fields },
): CatalogueItem {
  const id = record[head.indexOf(fields.id)] || place
  const message = `${place} has ${record.length} columns, and the head of the table ${head.length}.`
  return { place, id, error: new ServiceError('invalid_request', message) }
}

function inWords(error: unknown, { name, limit }: RowOptions): unknown {
  const { code, lines } = error as { code?: string; lines?: number }
  if (!code?.startsWith('CSV_')) return error
  const reasons: Record<string, string> = {
    CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
    CSV_MAX_RECORD_SIZE: `a row is longer than BODY_LIMIT, which is ${limit} bytes`,
  }
  return new ServiceError('invalid_request', `${name}:${lines ?? 1}: ${reasons[code] ?? 'this is not CSV'}.`)
}
