import type { BatchReport } from '../../core/batch/batch-report.ts'
import { addressOf } from '../address.ts'
import { ask } from '../api.ts'
import { count, dollars, Fault, Scrolled, useLoaded, useRepeated } from '../parts.tsx'
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
          <table>
            <caption>Batches, newest first</caption>
            <thead>
              <tr>
                <th scope="col">Batch</th>
                <th scope="col">Status</th>
                <th scope="col" class="number">
                  Items
                </th>
                <th scope="col" class="number">
                  Answered
                </th>
                <th scope="col" class="number">
                  Failed
                </th>
                <th scope="col" class="number">
                  Cost
                </th>
                <th scope="col">Begun</th>
              </tr>
            </thead>
            <tbody>
              {batches.map(({ id, request_counts, created_at, cost_usd, ...batch }) => (
                <tr key={id}>
                  <th scope="row">
                    <a href={addressOf(['batches', id])}>{batch.metadata?.name ?? id.slice(0, 14)}</a>
                  </th>
                  <td>{statusWords({ ...batch, request_counts })}</td>
                  <td class="number">{count(request_counts.total)}</td>
                  <td class="number">{count(request_counts.completed)}</td>
                  <td class="number">
                    {request_counts.failed > 0 ? (
                      <a href={addressOf(['batches', id], { tab: 'failed' })}>{count(request_counts.failed)}</a>
                    ) : (
                      0
                    )}
                  </td>
                  <td class="number">{dollars(cost_usd)}</td>
                  <td>
                    <time dateTime={new Date(created_at * 1_000).toISOString()}>
                      {new Date(created_at * 1_000).toLocaleString()}
                    </time>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolled>
      )}
      <nav class="row" aria-label="Pages of batches">
        {after && <a href={addressOf(['batches'])}>Newest</a>}
        {page.value?.has_more && <a href={addressOf(['batches'], { after: batches.at(-1)?.id })}>Older</a>}
      </nav>
    </div>
  )
}
