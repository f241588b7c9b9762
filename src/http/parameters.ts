import { z } from 'zod'
import { outcomes } from '../core/outcome.ts'

/** Values as a query has them, which is text. */
export const MaxTags = z
  .string()
  .regex(/^([1-9]|[1-4]\d|50)$/, 'is not a number from 1 to 50')
  .optional()
  .describe('The most tags the answer holds, 1 to 50.')
export const Share = z
  .string()
  .regex(/^(0(\.\d{1,10})?|1(\.0{1,10})?)$/, 'is not a number from 0 to 1')
  .optional()
export const Strict = z
  .enum(['true', 'false'])
  .default('false')
  .describe('Whether an entry fails that holds a field which is not known here; it is left out otherwise.')
export const Dollars = z.string().regex(/^(0\.0{0,8}[1-9]\d{0,9}|[1-9]\d{0,8}(\.\d{1,10})?)$/, 'is not a number over 0')
export const Tokens = z.string().regex(/^[1-9]\d{0,14}$/, 'is not a whole number over 0')
export const Offset = z.string().regex(/^\d{1,9}$/, 'is not a whole number')

const someOutcome = `(${Object.keys(outcomes).join('|')})`
export const SomeOutcomes = z
  .string()
  .max(500)
  .regex(new RegExp(`^${someOutcome}(,${someOutcome})*$`), 'holds an outcome that is not known')
  .optional()
  .describe('Only these outcomes, with commas between them.')
