import { z } from 'zod'
import { Tag } from '../core/tags/tag-list.ts'
import type { CallOptions, Connection } from './connection.ts'

/** What an answer depends on beside its text. */
const Prompts = z.object({
  data: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      is_default: z.boolean(),
      settings: z.object({ max_tags: z.int() }),
    }),
  ),
  engine: z.string(),
})
const TagListInUse = z.object({ version: z.string(), tags: z.array(Tag) })

export function createPromptCalls({ read }: Connection) {
  return {
    list: (options: CallOptions = {}) => read('/prompts', Prompts, options),
    /** The tag list that is used when a request brings none. */
    tags: (name: string, options: CallOptions = {}) =>
      read(`/prompts/${encodeURIComponent(name)}/tags`, TagListInUse, options),
  }
}
