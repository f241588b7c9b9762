import type { Tracing } from './telemetry.ts'

export interface TracingOptions {
  /** Undefined when nobody collects traces. */
  readonly collector: string | undefined
  /** As `name=value,name=value`. */
  readonly headers: string | undefined
  readonly service: string
  readonly version: string
}

/** The packages of OpenTelemetry are loaded only where there is a collector. */
export async function openTracing({ collector, headers, ...names }: TracingOptions): Promise<Tracing | undefined> {
  if (collector === undefined) return undefined
  const { createOpenTelemetry } = await import('./open-telemetry.ts')
  const pairs = new URLSearchParams(headers?.replaceAll(',', '&'))
  return createOpenTelemetry({ collector, headers: Object.fromEntries(pairs), ...names })
}

/** How spans and their attributes are called; the GenAI names are still in development, so they stand here alone. */
export const traceNames = {
  requestMethod: 'http.request.method',
  route: 'http.route',
  statusCode: 'http.response.status_code',
  requestId: 'tagsmith.request_id',
  outcome: 'tagsmith.outcome',
  batch: 'tagsmith.batch.id',
  itemPlace: 'tagsmith.batch.item',
  itemAttempts: 'tagsmith.batch.item.attempts',
  errorType: 'error.type',
  serverAddress: 'server.address',
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  outputType: 'gen_ai.output.type',
  requestModel: 'gen_ai.request.model',
  temperature: 'gen_ai.request.temperature',
  maxTokens: 'gen_ai.request.max_tokens',
  responseModel: 'gen_ai.response.model',
  finishReasons: 'gen_ai.response.finish_reasons',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
} as const
