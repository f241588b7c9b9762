import { hash } from 'node:crypto'
import { z } from 'zod'
import { DocumentId } from '../../core/classification.ts'
import { ServiceError } from '../../core/outcome.ts'
import { TagId } from '../../core/tags/tag-list.ts'
import { labelLines } from '../label-lines.ts'

/** A document whose right tags are known. What else a line holds is left out. */
const GoldLine = z
  .object({
    id: DocumentId.optional(),
    text: z.string().optional(),
    /** Read from beside the gold file when there is no text. */
    file: z.string().min(1).optional(),
    tags: z.array(TagId),
    acceptable: z.array(TagId).default([]),
    /** Documents of one group are alike, as forks are. */
    group: z.string().optional(),
  })
  .refine(({ text, file }) => (text === undefined) !== (file === undefined), 'has neither, or both, of text and file')

export interface GoldDocument {
  readonly id: string
  readonly text: string
  readonly tags: readonly string[]
  readonly acceptable: readonly string[]
  readonly group: string | undefined
}

/** @throws ServiceError with every line that is wrong */
export async function readGold(content: string, readFile: (path: string) => Promise<string>): Promise<GoldDocument[]> {
  const documents: GoldDocument[] = []
  const faults: { pointer: string; message: string }[] = []
  const ids = new Set<string>()
  for (const { number, success, data, error } of labelLines(content, GoldLine)) {
    const pointer = `line ${number}`
    if (!success) {
      const issue = error.issues[0]!
      faults.push({ pointer, message: `${issue.path.join('/') || 'the line'}: ${issue.message}` })
      continue
    }
    const { text, file, tags, acceptable, group } = data
    const id = String(data.id ?? number)
    if (ids.has(id)) faults.push({ pointer, message: `the id ${id} comes twice` })
    ids.add(id)
    const words = { tags: tags.map(String), acceptable: acceptable.map(String), group }
    documents.push({ id, text: text ?? (await readFile(file!)), ...words })
  }
  if (documents.length === 0 && faults.length === 0) faults.push({ pointer: 'line 1', message: 'there is no document' })
  if (faults.length > 0) throw new ServiceError('invalid_request', 'The gold set is not valid.', { faults })
  return documents
}

/** @throws ServiceError for tags that are not on the list: every score against them would be wrong */
export function refuseForeignTags(documents: readonly GoldDocument[], known: ReadonlyMap<string, unknown>): void {
  const faults = documents.flatMap(({ id, tags, acceptable }) =>
    [...tags, ...acceptable]
      .filter(tag => !known.has(tag))
      .map(tag => ({ pointer: id, message: `has the tag ${tag}` })),
  )
  if (faults.length > 0)
    throw new ServiceError('invalid_request', 'The gold set holds tags that are not on the list.', { faults })
}

export const hashOf = (documents: readonly GoldDocument[]): string =>
  hash('sha256', JSON.stringify(documents)).slice(0, 16)
