import { z } from 'zod'
import { Answer, ClassifyRequest, DetailedAnswer, DocumentId, exampleOf } from '../classification.ts'
import { Problem } from '../problem.ts'
import { Tag } from '../tags/tag-list.ts'
import type { ItemResult } from './batch.ts'

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

const EndedItem = z
  .strictObject({
    index: z.int().min(0).describe('Its place in the upload, from 0.'),
    outcome: z.string(),
    result: z.union([DetailedAnswer, FailedItem]),
  })
  .meta({ id: 'EndedItem', examples: [{ index: 0, outcome: 'ok', result: exampleOf(DetailedAnswer) }] })

export const ItemPage = z.strictObject({ data: z.array(EndedItem), has_more: z.boolean() }).meta({ id: 'ItemPage' })
export type ItemPage = z.infer<typeof ItemPage>

export const BatchItem = z
  .strictObject({
    index: EndedItem.shape.index,
    // The list is not checked again: what reads it cuts a long one at its faults, which cannot be written back.
    request: ClassifyRequest.extend({ tags: z.array(Tag).optional() })
      .meta({ id: 'ItemRequest' })
      .nullable()
      .describe('What `/classify` would be sent; null of an entry that could not be read.'),
    outcome: z.string().nullable().describe('Null until it has ended.'),
    result: EndedItem.shape.result.nullable(),
  })
  .meta({
    id: 'BatchItem',
    examples: [{ index: 0, request: exampleOf(ClassifyRequest), outcome: 'ok', result: exampleOf(DetailedAnswer) }],
  })
export type BatchItem = z.infer<typeof BatchItem>

/** A stored result as the API shows it. */
export function reportItem({ seq, customId, succeeded, outcome, output }: ItemResult): z.infer<typeof EndedItem> {
  const [id, ended] = [JSON.parse(customId), JSON.parse(output)]
  return { index: seq, outcome, result: succeeded ? { id, ...ended } : { id, error: ended } }
}
