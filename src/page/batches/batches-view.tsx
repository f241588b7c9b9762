import type { BatchReport } from '../../core/batch/batch-report.ts'
import { addressOf } from '../address.ts'
import { ask } from '../api.ts'
import { begunAt, count, dollars, Fault, nameOfBatch, useLoaded, useRepeated } from '../parts.tsx'
import { Scrolled, Table } from '../table.tsx'
import { statusWords } from './status.ts'
import { Upload } from './upload.tsx'

const refreshMs = 3_000

export function BatchesView({ query }: { readonly query: URLSearchParams }) {
  const after = query.get('after') ?? ''
  const page = useLoaded(
    signal =>
      ask<{ data: BatchReport[]; has_more: boolean }>(`/batches?limit=20${after && `&after=${after}`}`, { signal }),
    [after],
  )
  useRepeated(page.again, refreshMs)
  const batches = page.value?.data ?? []
  return (
    <div class="stack">
      <h1>Batches</h1>
      <Upload />
      <Fault error={page.error} />
      {page.value && batches.length === 0 && <p>There is no batch yet.</p>}
      {batches.length > 0 && (
        <Scrolled class="scroll" label="Table of batches">
          <Table
            caption="Batches, newest first"
            rows={batches}
            keyOf={({ id }) => id}
            columns={[
              ['Batch', batch => <a href={addressOf(['batches', batch.id])}>{nameOfBatch(batch)}</a>, 'head'],
              ['Status', statusWords],
              ['Items', ({ request_counts }) => count(request_counts.total), 'number'],
              ['Answered', ({ request_counts }) => count(request_counts.completed), 'number'],
              ['Failed', failedLink, 'number'],
              ['Cost', ({ cost_usd }) => dollars(cost_usd), 'number'],
              ['Begun', begunTime],
            ]}
          />
        </Scrolled>
      )}
      <nav class="row" aria-label="Pages of batches">
        {after && <a href={addressOf(['batches'])}>Newest</a>}
        {page.value?.has_more && <a href={addressOf(['batches'], { after: batches.at(-1)?.id })}>Older</a>}
      </nav>
    </div>
  )
}

const failedLink = ({ id, request_counts: { failed } }: BatchReport) =>
  failed > 0 ? <a href={addressOf(['batches', id], { tab: 'failed' })}>{count(failed)}</a> : 0

const begunTime = (batch: BatchReport) => (
  <time dateTime={new Date(batch.created_at * 1_000).toISOString()}>{begunAt(batch)}</time>
)
