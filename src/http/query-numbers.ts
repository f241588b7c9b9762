import { z } from 'zod'

/** Numbers as a query has them, which is text. */
export const MaxTags = z
  .string()
  .regex(/^([1-9]|[1-4]\d|50)$/, 'is not a number from 1 to 50')
  .optional()
  .describe('The most tags the answer holds, 1 to 50.')
export const Dollars = z.string().regex(/^(0\.0{0,8}[1-9]\d{0,9}|[1-9]\d{0,8}(\.\d{1,10})?)$/, 'is not a number over 0')
export const Tokens = z.string().regex(/^[1-9]\d{0,14}$/, 'is not a whole number over 0')
export const Offset = z.string().regex(/^\d{1,9}$/, 'is not a whole number')
