export { createMetrics } from './metrics.ts'
export type { Metrics, Span, SpanAttributes, Tracing } from './telemetry.ts'
export { traceNames } from './trace-names.ts'
export { openTracing } from './tracing.ts'
