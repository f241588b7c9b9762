import type { z } from 'zod'
import { DocumentId } from '../classification.ts'
import { faultsOf } from '../faults.ts'
import { notJson, parseJson } from '../json-fault.ts'
import { ServiceError } from '../outcome.ts'
import type { IgnoredFields } from './ignored-fields.ts'
import type { Piece, Splitter } from './pieces.ts'

/** A piece of an upload that was read, or what is wrong with it; its id is told also when nothing else can be. */
export type Entry<Value> = { readonly id: DocumentId | undefined } & (
  | { readonly value: Value }
  | { readonly error: ServiceError }
)

export interface EntryOptions<Value> {
  readonly schema: z.ZodType<Value>
  /** The longest piece, in bytes, as the splitter was told. */
  readonly limit: number
  /** Counts the fields that the schema does not know, which are left out. Undefined when they make a piece fail. */
  readonly ignored: IgnoredFields | undefined
}

export function readEntry<Value>(piece: Piece, { schema, limit, ignored }: EntryOptions<Value>): Entry<Value> {
  const { text, isBroken } = piece
  const place = placeOf(piece)
  if (text === undefined) {
    const message = `${place} is longer than BODY_LIMIT, which is ${limit} bytes.`
    return { id: undefined, error: new ServiceError('too_large', message) }
  }
  const json = parseJson(text.trim())
  const id = idOf(json)
  if (isBroken) return { id: wholeId(id), error: brokenEntry(piece) }
  if (json === undefined) return { id, error: new ServiceError('invalid_request', notJson(place, text)) }
  const { success, data, error } = schema.safeParse(json)
  if (success) return { id, value: data }
  const names = ignored === undefined ? [] : dropUnknown(json, error)
  if (names.length > 0) {
    const known = schema.safeParse(json)
    if (known.success) {
      ignored?.count(names)
      return { id, value: known.data }
    }
  }
  const faults = faultsOf(error)
  return { id, error: new ServiceError('invalid_request', `${place} is not a valid item.`, { faults }) }
}

const placeOf = ({ number, unit }: Piece) => `${unit === 'line' ? 'Line' : 'Element'} ${number}`

const brokenEntry = (piece: Piece): ServiceError =>
  new ServiceError(
    'unusable_text',
    `${placeOf(piece)} holds bytes that are neither UTF-8 nor of the charset that was named: use UTF-8, or name the charset.`,
  )

/** One that is damaged itself would name nothing. */
const wholeId = (id: DocumentId | undefined) => (String(id).includes('\u{fffd}') ? undefined : id)

/** Takes out what the schema did not know, and names it without the places in lists: `stars`, `tags.colour`. */
function dropUnknown(json: unknown, { issues }: z.ZodError): string[] {
  return issues.flatMap(issue => {
    if (issue.code !== 'unrecognized_keys') return []
    const holder = issue.path.reduce((value, key) => (value as Record<PropertyKey, unknown>)[key], json) as object
    const path = issue.path.filter(key => typeof key === 'string')
    return issue.keys.map(key => {
      Reflect.deleteProperty(holder, key)
      return [...path, key].join('.')
    })
  })
}

/** Also of an entry that is not valid otherwise: its owner will look for it. */
function idOf(entry: unknown): DocumentId | undefined {
  const { id, custom_id } = (entry ?? {}) as Record<string, unknown>
  return DocumentId.safeParse(id ?? custom_id).data
}

/**
 * The entries of a body, as they come. One that is not UTF-8 fails alone, unless it is the first: then all of the body
 * is likely to be in another charset, and its sender is told before anything of it is taken.
 * @throws ServiceError unusable_text, and what reading the body throws
 */
export async function* readPieces(
  body: AsyncIterable<Uint8Array>,
  splitter: Splitter,
  /** False for the rest of an upload that broke off, whose first entry is any. */
  { isBeginning = true } = {},
): AsyncGenerator<Piece, undefined> {
  let isFirst = isBeginning
  function checked(pieces: readonly Piece[]): readonly Piece[] {
    const [first] = pieces
    if (first && isFirst) {
      if (first.isBroken) throw brokenEntry(first)
      isFirst = false
    }
    return pieces
  }
  for await (const chunk of body) yield* checked(splitter.push(chunk))
  yield* checked(splitter.end())
}
