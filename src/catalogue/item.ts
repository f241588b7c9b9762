import type { DocumentId } from '../core/classification.ts'
import { ServiceError } from '../core/outcome.ts'

/** One text of a catalogue, or why it is none. */
export type CatalogueItem = {
  /** Where it stands, for people: a file, or a file and its line. */
  readonly place: string
  readonly id: DocumentId
} & ({ readonly text: string } | { readonly error: ServiceError })

/** Which fields of a row are its id and its text. */
export interface Fields {
  readonly id: string
  /** Several are put together, with a blank line in between. */
  readonly text: readonly string[]
}

/** A row of a table, an entry of NDJSON or a record of a database as an item. Its place is its id where it has none. */
export function itemOf(row: Readonly<Record<string, unknown>>, place: string, { id, text }: Fields): CatalogueItem {
  const given = row[id]
  const ownId = typeof given === 'bigint' ? String(given) : given
  const hasId = (typeof ownId === 'string' && ownId !== '') || Number.isSafeInteger(ownId)
  if (!hasId) return { place, id: place, error: new ServiceError('invalid_request', `${place} has no ${id}.`) }
  const item = { place, id: ownId as DocumentId }
  const parts = text.map(name => row[name]).filter(part => part !== null && part !== undefined && part !== '')
  if (parts.some(part => typeof part !== 'string'))
    return { ...item, error: new ServiceError('invalid_request', `${place}: ${text.join(', ')} is not text.`) }
  return { ...item, text: parts.join('\n\n') }
}

/** What reading one item threw, as its failure; what nobody foresaw is thrown on. */
export function failedItem(error: unknown, place: string, id: DocumentId = place): CatalogueItem {
  if (error instanceof ServiceError) return { place, id, error }
  const { code } = error as { code?: string }
  if (typeof code !== 'string') throw error
  return { place, id, error: new ServiceError('unusable_text', `${place} cannot be read (${code}).`) }
}
