import { z } from 'zod'
import { outcomes } from '../core/outcome.ts'

// What an address and a query hold is text: a schema here says what is taken of it, and reads it.

const numberIn = (pattern: RegExp, fault: string) => z.string().regex(pattern, fault).transform(Number)
const upTo = (most: number, pattern: RegExp, usual: string) =>
  z.string().regex(pattern, `is not from 1 to ${most}`).default(usual).transform(Number).describe(`From 1 to ${most}.`)

export const MaxTags = numberIn(/^([1-9]|[1-4]\d|50)$/, 'is not a number from 1 to 50')
  .optional()
  .describe('The most tags the answer holds, 1 to 50.')
export const Share = numberIn(/^(0(\.\d{1,10})?|1(\.0{1,10})?)$/, 'is not a number from 0 to 1').optional()
export const Flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform(value => value === 'true')
export const Strict = Flag.describe(
  'Whether an entry fails that holds a field which is not known here; it is left out otherwise.',
)
export const Dollars = numberIn(
  /^(0\.0{0,8}[1-9]\d{0,9}|[1-9]\d{0,8}(\.\d{1,10})?)$/,
  'is not a number over 0',
).optional()
export const Tokens = numberIn(/^[1-9]\d{0,14}$/, 'is not a whole number over 0').optional()
export const Offset = z.string().regex(/^\d{1,9}$/, 'is not a whole number')

const someOutcome = `(${Object.keys(outcomes).join('|')})`
export const SomeOutcomes = z
  .string()
  .max(500)
  .regex(new RegExp(`^${someOutcome}(,${someOutcome})*$`), 'holds an outcome that is not known')
  .transform(list => list.split(','))
  .optional()
  .describe('Only these outcomes, with commas between them.')
export const Succeeded = z
  .enum(['completed', 'failed'])
  .transform(status => status === 'completed')
  .optional()
  .describe('Only items with an answer, or only those without.')

export const BatchAddress = z.object({ id: z.string() })
export const ItemAddress = BatchAddress.extend({ index: Offset.transform(Number) })

export const BatchPaging = z.strictObject({
  after: z
    .string()
    .regex(/^[\w-]{1,100}$/, 'is not the id of a batch')
    .optional()
    .describe('The id of the last batch of the page before.'),
  limit: upTo(100, /^([1-9]\d?|100)$/, '20'),
})
export const ItemPaging = z.strictObject({
  after: Offset.transform(Number).optional().describe('The index of the last item of the page before.'),
  limit: upTo(200, /^([1-9]\d?|1\d\d|200)$/, '50'),
})
