import { type BatchEntry, BatchHeader, type BatchSettings, BatchEntry as Entry } from '../core/batch/batch-settings.ts'
import type { ClassifyRequest } from '../core/classification.ts'
import { faultsOf } from '../core/faults.ts'
import { parseJson } from '../core/json-fault.ts'
import { readEntry } from '../core/lines/entry.ts'
import type { IgnoredFields } from '../core/lines/ignored-fields.ts'
import type { Piece } from '../core/lines/pieces.ts'
import { ServiceError } from '../core/outcome.ts'
import type { NewItem } from '../core/stores/batch-store.ts'
import { itemError } from './run/item-ending.ts'

/** The settings that the first piece of an upload may hold. @throws ServiceError when it tries to and fails */
export function readHeader({ text = '' }: Piece): BatchSettings | undefined {
  const value = parseJson(text.trim())
  // A catalogue may have a column of this name; its lines have a text as well.
  if (typeof value !== 'object' || value === null || !('batch' in value) || 'text' in value) return undefined
  const header = BatchHeader.safeParse(value)
  if (header.success) return header.data.batch
  throw new ServiceError('invalid_request', 'The settings of the batch are not valid.', {
    faults: faultsOf(header.error),
  })
}

/** A piece of an upload as an item: to be run, or failed already and saying where it stands. */
export function readItem(piece: Piece, { seq, limit, ignored }: ReadItemOptions): NewItem {
  const { text = '', number, unit } = piece
  const before = ignored?.entries
  const entry = readEntry(piece, { schema: Entry, limit, ignored })
  const customId = JSON.stringify(entry.id ?? null)
  // Kept as it came, unless something of it was left out.
  if ('value' in entry)
    return { seq, customId, document: ignored?.entries === before ? text.trim() : JSON.stringify(entry.value) }
  const output = JSON.stringify({ ...itemError(entry.error), [unit]: number })
  return { seq, customId, outcome: entry.error.code, output }
}

export interface ReadItemOptions {
  /** Its place in the batch. */
  readonly seq: number
  /** The longest entry, in bytes. */
  readonly limit: number
  /** Undefined when a field that is not known makes the item fail. */
  readonly ignored: IgnoredFields | undefined
}

/** The request that an item stands for: its own words, and those of its batch where it has none. */
export function requestOf(
  document: string,
  { prompt, tags, max_tags, min_confidence, review_below, mode }: BatchSettings,
): ClassifyRequest {
  const { custom_id, ...entry } = JSON.parse(document) as BatchEntry
  return { prompt, tags, max_tags, min_confidence, review_below, mode, ...entry, id: entry.id ?? custom_id }
}
