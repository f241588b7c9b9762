import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { parseJson } from '../../core/json-fault.ts'
import { TagId } from '../../core/tags/tag-list.ts'

/** What an evaluation has of an answer. */
export const Asked = z.object({
  outcome: z.string(),
  tags: z.array(z.object({ id: TagId, confidence: z.number().nullable() })),
  model: z.string(),
  endpoint: z.string(),
  input_tokens: z.number().nullable(),
  output_tokens: z.number().nullable(),
  cost_usd: z.number().nullable(),
  elapsed_ms: z.number(),
  calls: z.int(),
  /** Whether a reply held nothing valid, so that the model was asked with the reason. */
  asked_again: z.boolean(),
})
export type Asked = z.infer<typeof Asked>

const Entry = z.object({ key: z.string(), asked: Asked })

export interface Journal {
  get(key: string): Asked | undefined
  add(key: string, asked: Asked): void
}

/**
 * Answers by all that they depend on, each written before the next thing happens: a process that is killed has paid for
 * nothing twice but what was on its way.
 */
export function openJournal(file: string): Journal {
  mkdirSync(dirname(file), { recursive: true })
  const known = new Map<string, Asked>()
  const content = existsSync(file) ? readFileSync(file, 'utf8') : ''
  for (const line of content.split('\n')) {
    const { data } = Entry.safeParse(parseJson(line))
    if (data) known.set(data.key, data.asked)
  }
  // A line that a kill cut short is ended, so that the next one stands alone.
  if (content !== '' && !content.endsWith('\n')) appendFileSync(file, '\n')
  return {
    get: key => known.get(key),
    add(key, asked) {
      known.set(key, asked)
      appendFileSync(file, `${JSON.stringify({ key, asked })}\n`)
    },
  }
}
