export { createMetrics } from './metrics.ts'
export type { Metrics, Span, SpanAttributes, Tracing } from './telemetry.ts'
export { openTracing, traceNames } from './tracing.ts'
