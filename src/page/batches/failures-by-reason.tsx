import type { BatchReport } from '../../core/batch/batch-report.ts'
import { addressOf } from '../address.ts'
import { count } from '../parts.tsx'
import { outcomeWords } from './status.ts'

interface FailuresProps {
  readonly id: string
  readonly batch: BatchReport
  readonly chosen: string
  onRetry(outcome: string | undefined): void
}

/** An entry that could not be read is no text to try again. */
const isFinal = (outcome: string) => outcome === 'invalid_request'

/** Failures by reason, with as many as the counters of the batch tell. */
export function Failures({ id, batch, chosen, onRetry }: FailuresProps) {
  const groups = Object.entries(batch.outcomes)
    .filter(([outcome]) => outcome !== 'ok' && outcome !== 'none_apply')
    .sort(([, left], [, right]) => right - left)
  if (groups.length === 0) return <p>Nothing has failed.</p>
  const canRetry = batch.status !== 'cancelled' && batch.status !== 'cancelling'
  return (
    <ul class="groups" aria-label="Failures by reason">
      {groups.map(([outcome, number]) => (
        <li key={outcome} class="card row">
          <span class="grow">
            <strong>{count(number)}</strong> {outcomeWords[outcome] ?? outcome} <code>{outcome}</code>
          </span>
          {chosen === outcome ? (
            <a href={addressOf(['batches', id], { tab: 'failed' })}>Show all</a>
          ) : (
            <a href={addressOf(['batches', id], { tab: 'failed', outcome })}>Show these</a>
          )}
          {canRetry && !isFinal(outcome) && (
            <button type="button" class="primary" onClick={() => onRetry(outcome)}>
              Retry these {count(number)}
            </button>
          )}
          {isFinal(outcome) && <span class="quiet">mend the lines and send them again</span>}
        </li>
      ))}
      {groups.length > 1 && canRetry && (
        <li>
          <button type="button" onClick={() => onRetry(undefined)}>
            Retry all failed items
          </button>
        </li>
      )}
    </ul>
  )
}
