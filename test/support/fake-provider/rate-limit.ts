import type { Dialect } from './dialect.ts'
import { errorBody } from './error-bodies.ts'
import { json, type Wire } from './replies.ts'

export interface RateLimitOptions {
  readonly perSecond: number
  /** How many may come at once; a second's worth when not said. */
  readonly burst?: number
}

export interface Permit {
  readonly granted: boolean
  readonly limit: number
  readonly remaining: number
  /** Until one more request is free. */
  readonly waitMs: number
  /** Until the bucket is full again. */
  readonly resetMs: number
}

/** A token bucket: what it says about itself is what it does. */
export function createTokenBucket({ perSecond, burst = Math.max(1, perSecond) }: RateLimitOptions) {
  let tokens = burst
  let filledAt = performance.now()
  return {
    take(): Permit {
      const now = performance.now()
      tokens = Math.min(burst, tokens + ((now - filledAt) / 1000) * perSecond)
      filledAt = now
      const granted = tokens >= 1
      if (granted) tokens -= 1
      return {
        granted,
        limit: burst,
        remaining: Math.floor(tokens),
        waitMs: Math.ceil((Math.max(0, 1 - tokens) / perSecond) * 1000),
        resetMs: Math.ceil(((burst - tokens) / perSecond) * 1000),
      }
    },
  }
}

/** 17ms, 1s, 6m0s: as Go prints a duration. */
function goDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds}ms`
  const seconds = milliseconds / 1000
  const minutes = Math.floor(seconds / 60)
  const rest = Number((seconds - minutes * 60).toFixed(3))
  return minutes === 0 ? `${rest}s` : `${minutes}m${rest}s`
}

/** What the dialect tells about the bucket with every answer. */
export function bucketHeaders(permit: Permit, style: Dialect['rate_limit']['headers']): Record<string, string> {
  const resetAt = Date.now() + permit.resetMs
  const named = (name: (part: 'limit' | 'remaining' | 'reset') => string, reset: string) => ({
    [name('limit')]: `${permit.limit}`,
    [name('remaining')]: `${permit.remaining}`,
    [name('reset')]: reset,
  })
  switch (style) {
    case 'none':
      return {}
    case 'durations':
      return named(part => `x-ratelimit-${part}-requests`, goDuration(permit.resetMs))
    case 'seconds':
      return named(part => `x-ratelimit-${part}-requests`, `${permit.resetMs / 1000}`)
    case 'epoch_ms':
      return named(part => `X-RateLimit-${part[0]!.toUpperCase()}${part.slice(1)}`, `${resetAt}`)
    case 'rfc3339':
      return named(part => `anthropic-ratelimit-requests-${part}`, new Date(resetAt).toISOString())
  }
}

/** The 429 of an empty bucket, with the wait said where the dialect says it. */
export function limitedReply(permit: Permit, dialect: Dialect): Wire {
  const { wait, message, code, type } = dialect.rate_limit
  const text = message.replace('{wait}', goDuration(permit.waitMs))
  const body = errorBody(dialect.error_shape, { status: 429, message: text, type, code, param: null })
  const inSeconds = { 'retry-after': `${Math.ceil(permit.waitMs / 1000)}` }
  if (wait === 'retry-after') return json(429, body, inSeconds)
  if (wait === 'retry-after-ms') return json(429, body, { ...inSeconds, 'retry-after-ms': `${permit.waitMs}` })
  if (wait === 'none') return json(429, body)
  const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${permit.waitMs / 1000}s` }]
  return json(429, [{ error: { code: 429, message: text, status: 'RESOURCE_EXHAUSTED', details } }])
}
