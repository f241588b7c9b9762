import type { ChatCompletionChunk } from 'openai/resources/chat/completions'

/** Puts the pieces of a streamed completion together, in the shape that one comes in as a whole. */
export async function readStream(chunks: AsyncIterable<ChatCompletionChunk>): Promise<object> {
  const message: Record<string, unknown> = { role: 'assistant' }
  let content = ''
  let refusal = ''
  let args = ''
  let finish: string | null = null
  let model: string | undefined
  let usage: unknown
  const logprobs: unknown[] = []
  for await (const chunk of chunks) {
    model ??= chunk.model
    usage = chunk.usage ?? usage
    const choice = chunk.choices?.[0]
    if (!choice) continue
    content += choice.delta?.content ?? ''
    refusal += choice.delta?.refusal ?? ''
    args += choice.delta?.tool_calls?.[0]?.function?.arguments ?? ''
    logprobs.push(...(choice.logprobs?.content ?? []))
    finish = choice.finish_reason ?? finish
  }
  message.content = content
  if (refusal !== '') message.refusal = refusal
  if (args !== '') message.tool_calls = [{ function: { arguments: args } }]
  const choice = { message, finish_reason: finish, logprobs: logprobs.length > 0 ? { content: logprobs } : null }
  return { model, choices: [choice], usage }
}
