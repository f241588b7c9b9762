import type { ItemError } from '../domain/batch-result.ts'
import { type BatchEntry, BatchHeader, type BatchSettings, BatchEntry as Entry } from '../domain/batch-settings.ts'
import { type ClassifyRequest, DocumentId } from '../domain/classification.ts'
import { faultsOf } from '../domain/faults.ts'
import { type ErrorCode, type Fault, outcomes, ServiceError } from '../domain/outcome.ts'
import type { Piece } from '../domain/upload/pieces.ts'
import type { NewItem } from './ports/store.ts'

export const itemError = ({ code, message, faults }: ServiceError): ItemError => ({
  code,
  detail: message,
  retryable: outcomes[code].retryable,
  ...(faults.length > 0 && { errors: faults.map(({ pointer, message: detail }) => ({ pointer, detail })) }),
})

/** The settings that the first piece of an upload may hold. @throws ServiceError when it tries to and fails */
export function readHeader({ text }: Piece): BatchSettings | undefined {
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
  const { text, number, unit } = piece
  const value = parseJson(text)
  const customId = JSON.stringify(idOf(value) ?? null)
  const rejected = (code: ErrorCode, message: string, faults: readonly Fault[] = []): NewItem => {
    const error = itemError(new ServiceError(code, message, { faults }))
    return { seq, customId, outcome: code, output: JSON.stringify({ ...error, [unit]: number }) }
  }
  const place = `${unit === 'line' ? 'Line' : 'Element'} ${number}`
  if (text === undefined) return rejected('too_large', `${place} is longer than BODY_LIMIT, which is ${limit} bytes.`)
  if (value === undefined) return rejected('invalid_request', `${place} is not valid JSON.`)
  const { success, error } = Entry.safeParse(value)
  if (success) return { seq, customId, document: text.trim() }
  return rejected('invalid_request', `${place} is not a valid item.`, faultsOf(error))
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

/** Also of an entry that is not valid otherwise: its owner will look for it. */
function idOf(entry: unknown): DocumentId | undefined {
  const { id, custom_id } = (entry ?? {}) as Record<string, unknown>
  return DocumentId.safeParse(id ?? custom_id).data
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse((text ?? '').trim())
  } catch {
    return undefined
  }
}
