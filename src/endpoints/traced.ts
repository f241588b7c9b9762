import { type Engine, type EngineResult, nameOf } from '../core/model/engine.ts'
import { traceNames as names, type SpanAttributes, type Tracing } from '../observability/index.ts'

/** The same model, with a span around every call. What was asked and answered stays out of it. */
export function traced(engine: Engine, tracing: Tracing): Engine {
  return {
    ...engine,
    async complete(call, options) {
      const operation = engine.reads === 'questions' ? 'decide' : 'chat'
      const span = tracing.start(`${operation} ${call.model}`, {
        kind: 'client',
        attributes: {
          [names.operation]: operation,
          [names.provider]: engine.endpoint,
          [names.serverAddress]: engine.endpoint,
          [names.requestModel]: call.model,
          [names.temperature]: call.temperature,
          [names.maxTokens]: call.tokenCap,
          [names.outputType]: 'json',
        },
      })
      try {
        const result = await engine.complete(call, { ...options, traceparent: span.traceparent })
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

function attributesOf(result: EngineResult): SpanAttributes {
  if (!result.ok) return {}
  const { model, finish, usage } = result.reply
  return {
    [names.responseModel]: model,
    [names.finishReasons]: [finish],
    ...(usage.input_tokens === null ? {} : { [names.inputTokens]: usage.input_tokens }),
    ...(usage.output_tokens === null ? {} : { [names.outputTokens]: usage.output_tokens }),
  }
}
