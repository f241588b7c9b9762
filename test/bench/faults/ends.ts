import type { Outcome } from '../../../src/core/outcome.ts'
import { everydayFaults, type FaultName } from '../../support/fake-provider/fault-names.ts'
import { type WildFaultName, wildFaultNames } from '../../support/fake-provider/wild-faults.ts'

/** What a text meets, call by call, as it asks the fake provider for it; and what its request has to end in. */
export interface Ending {
  readonly asks: string
  readonly codes: readonly Outcome[]
}

const named = (...beginnings: string[]): WildFaultName[] =>
  wildFaultNames.filter(name => beginnings.some(beginning => name.startsWith(beginning)))

/** Whatever happens to one call, the next one is answered. */
const passing: readonly FaultName[] = [
  ...everydayFaults.filter(name => name !== 'refusal' && name !== 'content_filter'),
  'json_validate_failed',
  'tool_use_failed',
  'quoted_generation',
  'quota_a_minute',
  ...named('cut_', 'draft_', 'error_'),
]

/** Of a text that meets the same fault at every call. Each fails alone, for its own reason. */
const lasting: readonly (readonly [codes: readonly Outcome[], faults: readonly FaultName[]])[] = [
  [['ok'], ['one_call_a_tag', 'reasoning_beside']],
  [['refused'], ['refusal']],
  [
    ['blocked'],
    ['content_filter', 'prompt_filter', 'forbidden_safety', 'forbidden_moderation', ...named('filter_', 'finish_')],
  ],
  // A page says nothing of what it minds, but never that the key is wrong.
  [['blocked', 'upstream_config', 'upstream_unavailable'], ['forbidden_firewall']],
  [['upstream_config'], ['quoted_input', 'quoted_detail', 'quoted_validation']],
  [['invalid_reply'], ['off_list', 'blank']],
  [['truncated'], ['truncated_content', ...named('cut_', 'draft_')]],
  [['upstream_unavailable'], ['server_error', 'error_in_200', ...named('error_')]],
]

export const endings: readonly Ending[] = [
  ...passing.map(name => ({ asks: `${name},ok`, codes: ['ok'] as const })),
  ...lasting.flatMap(([codes, faults]) => faults.map(asks => ({ asks, codes }))),
]
