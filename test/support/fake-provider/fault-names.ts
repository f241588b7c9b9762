import { isWildFault, wildFaultNames } from './wild-faults.ts'

/** What replaces the whole answer. */
const transportFaults = [
  'rate_limited',
  'rate_limited_date',
  'rate_limited_ms',
  'rate_limited_body',
  'rate_limited_reset',
  'out_of_quota',
  'server_error',
  'unavailable',
  'reset_before_headers',
  'reset_after_headers',
  'stall_before_headers',
  'stall_after_headers',
  'truncated_envelope',
  'error_in_200',
  'html_page',
  'empty_body',
  'prompt_filter',
  'json_validate_failed',
  'tool_use_failed',
] as const

/** What spoils the completion inside a sound answer. */
const contentFaults = ['truncated_content', 'off_list', 'blank', 'refusal', 'content_filter'] as const

export const faultNames = [...transportFaults, ...contentFaults, ...wildFaultNames] as const
export type TransportFault = (typeof transportFaults)[number]
export type ContentFault = (typeof contentFaults)[number]
export type FaultName = (typeof faultNames)[number]

/** What happens to honest requests on a bad day; the others are told by the request, the account or the dialect. */
export const everydayFaults: readonly FaultName[] = faultNames.filter(
  name =>
    !isWildFault(name) && !['out_of_quota', 'prompt_filter', 'json_validate_failed', 'tool_use_failed'].includes(name),
)

export const isContentFault = (name: FaultName): name is ContentFault =>
  (contentFaults as readonly string[]).includes(name)
