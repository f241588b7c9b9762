import type { z } from 'zod'
import { faultsOf } from '../domain/faults.ts'
import { Problem } from '../domain/problem.ts'
import { waitMilliseconds } from '../domain/retry-after.ts'
import { TagsmithError } from './tagsmith-error.ts'

/** The value as its shape has it. A key that a newer service adds is no fault. @throws TagsmithError */
export function checked<Shape extends z.ZodType>(shape: Shape, value: unknown): z.infer<Shape> {
  const { success, error } = shape.safeParse(value)
  if (success || error.issues.every(({ code }) => code === 'unrecognized_keys')) return value as z.infer<Shape>
  const [fault] = faultsOf(error)
  throw new TagsmithError(
    'unexpected_answer',
    `The answer is not one of tagsmith, or of another version: ${fault?.pointer || 'it'} ${fault?.message}.`,
  )
}

/** @throws TagsmithError */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new TagsmithError('unexpected_answer', 'The answer is not JSON.')
  }
}

/** What a failed answer says: the service's own problem, or that something before it answered. */
export async function errorOf(response: Response): Promise<TagsmithError> {
  const { status, headers } = response
  const body = await response.json().catch(() => undefined)
  const { data: problem } = Problem.safeParse(body)
  const wait = waitMilliseconds({ headers, now: Date.now() })
  const retryAfter = wait === undefined ? undefined : wait / 1000
  if (problem) return new TagsmithError(problem.code, problem.detail, { status, problem, retryAfter })
  return new TagsmithError('unexpected_answer', `Something that is not tagsmith answered with status ${status}.`, {
    ...{ status, retryAfter },
  })
}
