import type { ItemError } from '../domain/batch-result.ts'
import { type BatchEntry, BatchHeader, type BatchSettings, BatchEntry as Entry } from '../domain/batch-settings.ts'
import type { ClassifyRequest } from '../domain/classification.ts'
import { faultsOf } from '../domain/faults.ts'
import { outcomes, ServiceError } from '../domain/outcome.ts'
import { parseJson, readEntry } from '../domain/upload/entry.ts'
import type { Piece } from '../domain/upload/pieces.ts'
import type { NewItem } from './ports/store.ts'

export const itemError = ({ code, message, faults }: ServiceError): ItemError => ({
  code,
  detail: message,
  retryable: outcomes[code].retryable,
  ...(faults.length > 0 && { errors: faults.map(({ pointer, message: detail }) => ({ pointer, detail })) }),
})

/** The settings that the first piece of an upload may hold. @throws ServiceError when it tries to and fails */
export function readHeader({ text = '' }: Piece): BatchSettings | undefined {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || !('batch' in value)) return undefined
  const header = BatchHeader.safeParse(value)
  if (header.success) return header.data.batch
  throw new ServiceError('invalid_request', 'The settings of the batch are not valid.', {
    faults: faultsOf(header.error),
  })
}

/** A piece of an upload as an item: to be run, or failed already and saying where it stands. */
export function readItem(piece: Piece, { seq, limit }: { seq: number; limit: number }): NewItem {
  const { text = '', number, unit } = piece
  const entry = readEntry(piece, { schema: Entry, limit })
  const customId = JSON.stringify(entry.id ?? null)
  if ('value' in entry) return { seq, customId, document: text.trim() }
  const output = JSON.stringify({ ...itemError(entry.error), [unit]: number })
  return { seq, customId, outcome: entry.error.code, output }
}

/** The request that an item stands for: its own words, and those of its batch where it has none. */
export function requestOf(document: string, { prompt, tags, max_tags }: BatchSettings): ClassifyRequest {
  const { custom_id, ...entry } = JSON.parse(document) as BatchEntry
  const id = entry.id ?? custom_id
  return {
    ...(prompt !== undefined && { prompt }),
    ...(tags !== undefined && { tags }),
    ...(max_tags !== undefined && { max_tags }),
    ...entry,
    ...(id !== undefined && { id }),
  }
}
