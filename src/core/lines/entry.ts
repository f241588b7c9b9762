import type { z } from 'zod'
import { DocumentId } from '../classification.ts'
import { faultsOf } from '../faults.ts'
import { ServiceError } from '../outcome.ts'
import type { Piece } from './pieces.ts'

/** A piece of an upload that was read, or what is wrong with it; its id is told also when nothing else can be. */
export type Entry<Value> = { readonly id: DocumentId | undefined } & (
  | { readonly value: Value }
  | { readonly error: ServiceError }
)

export interface EntryOptions<Value> {
  readonly schema: z.ZodType<Value>
  /** The longest piece, in bytes, as the splitter was told. */
  readonly limit: number
}

export function readEntry<Value>({ text, number, unit }: Piece, { schema, limit }: EntryOptions<Value>): Entry<Value> {
  const place = `${unit === 'line' ? 'Line' : 'Element'} ${number}`
  if (text === undefined) {
    const message = `${place} is longer than BODY_LIMIT, which is ${limit} bytes.`
    return { id: undefined, error: new ServiceError('too_large', message) }
  }
  const json = parseJson(text)
  const id = idOf(json)
  if (json === undefined) return { id, error: new ServiceError('invalid_request', `${place} is not valid JSON.`) }
  const { success, data, error } = schema.safeParse(json)
  if (success) return { id, value: data }
  const faults = faultsOf(error)
  return { id, error: new ServiceError('invalid_request', `${place} is not a valid item.`, { faults }) }
}

/** Also of an entry that is not valid otherwise: its owner will look for it. */
function idOf(entry: unknown): DocumentId | undefined {
  const { id, custom_id } = (entry ?? {}) as Record<string, unknown>
  return DocumentId.safeParse(id ?? custom_id).data
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.trim())
  } catch {
    return undefined
  }
}
