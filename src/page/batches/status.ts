import type { BatchReport } from '../../core/batch/batch-report.ts'

export const isEnded = ({ status }: Pick<BatchReport, 'status'>): boolean =>
  status === 'completed' || status === 'cancelled'

const reasons: Record<NonNullable<BatchReport['pause_reason']>, string> = {
  spend_cap: 'it met its cap',
  requested: 'as it was told to',
  upstream_auth: 'the model endpoint does not take the key',
  upstream_config: 'the model endpoint is not configured right',
  provider_refused: 'the provider refused its file',
}

export function statusWords({
  status,
  pause_reason,
  circuit,
  held_until,
  request_counts,
}: Pick<BatchReport, 'status' | 'pause_reason' | 'circuit' | 'held_until' | 'request_counts'>): string {
  if (status === 'paused' && pause_reason) return `paused: ${reasons[pause_reason]}`
  if (status === 'in_progress' && held_until !== null)
    return `waiting for its budget until ${new Date(held_until * 1_000).toLocaleTimeString()}`
  if (status === 'in_progress' && circuit === 'open') return 'waiting: the model endpoint is down'
  if (status === 'completed') return request_counts.failed > 0 ? 'done, with failures' : 'done'
  return {
    validating: 'being uploaded',
    in_progress: 'running',
    paused: 'paused',
    cancelling: 'being cancelled',
    cancelled: 'cancelled',
  }[status]
}

/** Outcomes in the words of their titles. */
export const outcomeWords: Readonly<Record<string, string>> = {
  invalid_request: 'The entry is not valid',
  unusable_text: 'The text holds nothing to classify',
  refused: 'The model refused',
  blocked: 'A content filter stopped the model',
  invalid_reply: 'The model gave no usable reply',
  truncated: 'The reply was cut short',
  upstream_auth: 'The endpoint does not take the key',
  upstream_config: 'The endpoint is not configured right',
  upstream_unavailable: 'The endpoint was not available',
  deadline: 'The time ran out',
  crash_loop: 'The service stopped whenever it held the item',
  internal: 'Something broke in the service',
  too_large: 'The entry is over a limit',
  rate_limited: 'Too many requests',
}
