import { useEffect, useState } from 'preact/hooks'
import type { BatchReport } from '../../core/batch/batch-report.ts'
import { addressOf } from '../address.ts'
import { ask, pathOfBatch, readLines, readTagList, request } from '../api.ts'
import {
  count,
  dollars,
  duration,
  Fault,
  nameOfBatch,
  namesOf,
  plural,
  save,
  useLoaded,
  useRepeated,
} from '../parts.tsx'
import { Figures } from '../table.tsx'
import { Failures } from './failures-by-reason.tsx'
import { Items } from './items-table.tsx'
import { isEnded, statusWords } from './status.ts'

const pollMs = 1_000

interface BatchViewProps {
  readonly id: string
  readonly query: URLSearchParams
}

export function BatchView({ id, query }: BatchViewProps) {
  const address = pathOfBatch(id)
  const loaded = useLoaded(signal => ask<BatchReport>(address, { signal }), [id])
  const tags = useLoaded(signal => readTagList(`${address}/tags`, signal), [id])
  const [error, setError] = useState<unknown>()
  const [said, setSaid] = useState('')
  const batch = loaded.value
  useRepeated(loaded.again, batch && isEnded(batch) ? undefined : pollMs)
  const tab = query.get('tab') ?? 'answered'

  useEffect(() => {
    document.title = batch ? `${statusWords(batch)} · tagsmith` : 'tagsmith'
    return () => {
      document.title = 'tagsmith'
    }
  }, [batch?.status])

  const act = async (path: string, saying: (answer: BatchReport & { retried?: number }) => string) => {
    setError(undefined)
    try {
      setSaid(saying(await ask<BatchReport & { retried?: number }>(`${address}/${path}`, { method: 'POST' })))
    } catch (fault) {
      setError(fault)
    }
    loaded.again()
  }
  const names = namesOf(tags.value?.tags ?? [])
  const download = async (kind: 'ndjson' | 'csv') => {
    setError(undefined)
    try {
      if (kind === 'ndjson')
        return save(`${id}.ndjson`, 'application/x-ndjson', [await (await request(`${address}/results`)).blob()])
      const rows = ['id,tags,names,error\r\n']
      for await (const line of readLines<Line>(`${address}/results`)) rows.push(csvOf(line, names))
      save(`${id}.csv`, 'text/csv', rows)
    } catch (fault) {
      setError(fault)
    }
  }

  if (batch === undefined) return loaded.error ? <Fault error={loaded.error} /> : <p role="status">Loading…</p>
  const { total, completed, failed } = batch.request_counts
  const tabs = [
    ['answered', `Answered ${count(completed)}`],
    ['failed', `Failed ${count(failed)}`],
  ] as const
  return (
    <div class="stack">
      <p>
        <a href={addressOf(['batches'])}>All batches</a>
      </p>
      <h1>Batch {nameOfBatch(batch)}</h1>
      <section class="card stack" aria-label="Progress">
        <p class="row" role="status">
          <strong>{statusWords(batch)}</strong>
          <span>{said}</span>
        </p>
        <progress
          max={Math.max(1, total)}
          value={completed + failed}
          aria-label={`${completed + failed} of ${total} items have ended`}
        />
        <Figures
          rows={[
            ['Ended', `${count(completed + failed)} of ${count(total)}`],
            ['Rate', batch.items_per_second === null ? '–' : `${batch.items_per_second.toFixed(1)} a second`],
            ['Time left', batch.seconds_left === null ? '–' : duration(batch.seconds_left)],
            [
              'Spent',
              `${dollars(batch.cost_usd)}${batch.max_cost_usd === null ? '' : ` of ${dollars(batch.max_cost_usd)}`}`,
            ],
            ['Tokens', `${count(batch.usage.input_tokens)} in, ${count(batch.usage.output_tokens)} out`],
            ['Prompt', batch.prompt ?? 'the default'],
          ]}
        />
        <div class="row">
          {batch.status === 'in_progress' && (
            <button type="button" onClick={() => act('pause', () => 'What is running still ends.')}>
              Pause
            </button>
          )}
          {batch.status === 'paused' && (
            <button type="button" class="primary" onClick={() => act('resume', () => 'It goes on.')}>
              Resume
            </button>
          )}
          {!isEnded(batch) && (
            <button
              type="button"
              class="danger"
              onClick={() =>
                confirm(`Cancel ${plural(total - completed - failed, 'item')}? What was paid for is kept.`) &&
                act('cancel', () => 'What was paid for is kept.')
              }
            >
              Cancel
            </button>
          )}
          <button type="button" onClick={() => download('ndjson')}>
            Download NDJSON
          </button>
          <button type="button" onClick={() => download('csv')}>
            Download CSV
          </button>
          <a class="button" href={addressOf(['review', id])}>
            Review the answers
          </a>
          <a class="button" href={addressOf(['insight'], { batch: id })}>
            Its tags
          </a>
        </div>
        <Fault error={error ?? loaded.error} />
      </section>
      <nav class="tabs" aria-label="Items">
        {tabs.map(([name, label]) => (
          <a
            key={name}
            href={addressOf(['batches', id], { tab: name })}
            aria-current={tab === name ? 'page' : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      {tab === 'failed' && (
        <Failures
          id={id}
          batch={batch}
          chosen={query.get('outcome') ?? ''}
          onRetry={outcome =>
            act(
              `retry${outcome ? `?outcome=${outcome}` : ''}`,
              ({ retried = 0 }) => `Taken up again: ${plural(retried, 'item')}.`,
            )
          }
        />
      )}
      <Items
        id={id}
        {...{ tab, names }}
        outcome={query.get('outcome') ?? ''}
        after={query.get('after') ?? ''}
        turn={tab === 'failed' ? failed : isEnded(batch) ? -1 : Math.ceil(completed / 50)}
      />
    </div>
  )
}

type Line = { id: string | number | null } & (
  | { tags: (string | number)[] }
  | { error: { code: string; detail: string } }
)

const field = (value: unknown) =>
  /[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value)

function csvOf(line: Line, names: ReadonlyMap<string, string>): string {
  const cells =
    'tags' in line
      ? [line.tags.join(' '), line.tags.map(id => names.get(String(id)) ?? id).join('; '), '']
      : ['', '', `${line.error.code}: ${line.error.detail}`]
  return `${[line.id ?? '', ...cells].map(field).join(',')}\r\n`
}
