import { z } from 'zod'
import { DocumentId } from './classification.ts'
import { type ErrorCode, errorCodes } from './outcome.ts'

/** RFC 9457, with the code that programs go by. */
export const Problem = z
  .object({
    type: z.string().describe('A URN of the code.'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What is wrong and what mends it; never the text of a document, a reply or a key.'),
    code: z.enum(errorCodes as [ErrorCode, ...ErrorCode[]]),
    retryable: z.boolean().describe('Whether the same request may do better later.'),
    request_id: z.string(),
    id: DocumentId.optional().describe('Of the text that was sent, where the request has one.'),
    replies: z
      .array(z.string())
      .optional()
      .describe('To a request with `details=replies` alone: what the model wrote, word for word.'),
    errors: z.array(z.object({ pointer: z.string().describe('JSON pointer.'), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>
