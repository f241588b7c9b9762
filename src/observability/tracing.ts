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
