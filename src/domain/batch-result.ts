import { z } from 'zod'
import { Answer, DetailedAnswer, DocumentId } from './classification.ts'
import { Problem } from './problem.ts'

/** What the results say of an item that ended without an answer. */
export const ItemError = z
  .strictObject({
    ...Problem.pick({ code: true, detail: true, retryable: true, errors: true }).shape,
    line: z.int().optional().describe('Of an entry that could not be read: its line in the body that brought it.'),
    element: z.int().optional().describe('The same where that body was a JSON array.'),
  })
  .meta({ id: 'ItemError' })
export type ItemError = z.infer<typeof ItemError>

export const FailedItem = z.strictObject({ id: DocumentId.nullable(), error: ItemError }).meta({ id: 'FailedItem' })
export type FailedItem = z.infer<typeof FailedItem>

/** A line of the results. */
export const BatchResult = z.union([Answer, DetailedAnswer, FailedItem])
export type BatchResult = z.infer<typeof BatchResult>
