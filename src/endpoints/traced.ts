import { nameOf } from '../domain/upstream-failure.ts'
import type { ChatModel, ChatResult, SpanAttributes, Tracing } from './ports.ts'
import { traceNames as names } from './trace-names.ts'

/** The same model, with a span around every call. What was asked and answered stays out of it. */
export function traced(chatModel: ChatModel, tracing: Tracing): ChatModel {
  return {
    ...chatModel,
    async complete(call, options) {
      const span = tracing.start(`chat ${call.model}`, {
        kind: 'client',
        attributes: {
          [names.operation]: 'chat',
          [names.provider]: chatModel.endpoint,
          [names.serverAddress]: chatModel.endpoint,
          [names.requestModel]: call.model,
          [names.temperature]: call.temperature,
          [names.maxTokens]: call.tokenCap,
          [names.outputType]: 'json',
        },
      })
      try {
        const result = await chatModel.complete(call, { ...options, traceparent: span.traceparent })
        span.set(attributesOf(result))
        if (!result.ok) span.fail(nameOf(result.failure))
        return result
      } catch (error) {
        span.fail('aborted')
        throw error
      } finally {
        span.end()
      }
    },
  }
}

function attributesOf(result: ChatResult): SpanAttributes {
  if (!result.ok) return {}
  const { model, finish, usage } = result.reply
  return {
    [names.responseModel]: model,
    [names.finishReasons]: [finish],
    ...(usage.input_tokens === null ? {} : { [names.inputTokens]: usage.input_tokens }),
    ...(usage.output_tokens === null ? {} : { [names.outputTokens]: usage.output_tokens }),
  }
}
