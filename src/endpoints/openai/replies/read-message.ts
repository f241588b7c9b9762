import { z } from 'zod'
import { closingObject, gluedObjects, readJson } from '../../../core/model/json-candidates.ts'

/** Also nothing, which to zod is something else. */
export const anything = z.unknown().optional()
export const WireMessage = z.object({
  content: z.union([z.string(), z.array(z.unknown())]).nullish(),
  refusal: anything,
  tool_calls: anything,
  reasoning_content: anything,
  reasoning: anything,
})
export type WireMessage = z.infer<typeof WireMessage>

const Part = z.object({ type: z.enum(['text', 'output_text']).nullish(), text: z.string() })
const ToolCall = z.object({ function: z.object({ arguments: anything }).nullish() })

/** As text: some send the object itself. */
export function argumentsOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value ?? undefined) ?? '')
}

/** The content as one text; of content in parts the texts, and not what was thought. */
export function contentOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map(part => (typeof part === 'string' ? part : (Part.safeParse(part).data?.text ?? ''))).join('')
}

/** What the model called its tool with, or else wrote. A call is what was asked for, so a remark beside it is none. */
export function saidIn(message: WireMessage): string {
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls : []
  const called = calls
    .map(call => argumentsOf(ToolCall.safeParse(call).data?.function?.arguments))
    .filter(text => !/^\s*\{\s*\}\s*$/.test(text))
  const together = joined(called)
  return together.trim() === '' ? contentOf(message.content) : together
}

/** One call for each tag makes a list of calls. When one of them is broken, or was never written, it is to be mended. */
function joined(called: readonly string[]): string {
  const objects = called.map(text => gluedObjects(text))
  const broken = objects.indexOf(undefined)
  if (broken !== -1) return called[broken]!
  const all = objects.flatMap(glued => glued ?? [])
  return all.length > 1 ? `[${all.join(',')}]` : (all[0] ?? '')
}

export function thoughtIn({ reasoning_content, reasoning }: WireMessage): string {
  return (
    ([reasoning_content, reasoning].find(text => typeof text === 'string' && text.trim() !== '') as
      | string
      | undefined) ?? ''
  )
}

/**
 * The answer of a model that wrote nothing but its thought: some servers take all of a reply for one. It has to be the
 * last word of the thought, and all of it where that was cut.
 */
export function conclusionOf(thought: string, { cut }: { cut: boolean }): string | undefined {
  return cut ? (readJson(thought).isWhole ? thought : undefined) : closingObject(thought)
}
