import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Span, Tracing } from './telemetry.ts'

export interface OpenTelemetryOptions {
  /** Base address of a collector that takes OTLP over HTTP. */
  readonly collector: string
  readonly headers: Readonly<Record<string, string>>
  readonly service: string
  readonly version: string
}

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const

/** Spans for a collector. Loaded only where one is configured. */
export function createOpenTelemetry({ collector, headers, service, version }: OpenTelemetryOptions): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${collector.replace(/\/+$/, '')}/v1/traces`, headers })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  })
  const tracer = provider.getTracer('tagsmith')
  const current = new AsyncLocalStorage<Context>()

  return {
    start(name, { kind, attributes, traceparent, link }): Span {
      const parent = current.getStore() ?? remoteContext(traceparent)
      const linked = trace.getSpanContext(remoteContext(link))
      const span = tracer.startSpan(
        name,
        { kind: kinds[kind], attributes, ...(linked && { links: [{ context: linked }] }) },
        parent,
      )
      const { traceId, spanId, traceFlags } = span.spanContext()
      return {
        traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
        set: more => void span.setAttributes(more),
        fail(type) {
          span.setAttribute('error.type', type)
          span.setStatus({ code: SpanStatusCode.ERROR })
        },
        end: () => span.end(),
        within: work => current.run(trace.setSpan(ROOT_CONTEXT, span), work),
      }
    },
    close: () => provider.shutdown(),
  }
}

/** The caller's span, as W3C Trace Context writes it; what is written otherwise is left alone. */
function remoteContext(traceparent: string | undefined): Context {
  const [, traceId, spanId, flags] = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/.exec(traceparent ?? '') ?? []
  if (!traceId || !spanId || !flags) return ROOT_CONTEXT
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}
