import { useState } from 'preact/hooks'
import type { BatchReport } from '../../core/batch/batch-report.ts'
import { addressOf, go } from '../address.ts'
import { ask, pathOfBatch, readPrompts, readTagList } from '../api.ts'
import { Field, Select } from '../fields.tsx'
import { begunAt, count, Fault, nameOfBatch, plural, useLoaded } from '../parts.tsx'
import { isNamed, keepReviewer, readReviewer } from '../reviewer.ts'
import { Cards } from './cards.tsx'
import { type Order, orders, type Queue, readQueue } from './queue.ts'

interface ReviewViewProps {
  readonly id: string | undefined
  readonly query: URLSearchParams
}

export function ReviewView({ id, query }: ReviewViewProps) {
  return id === undefined ? <Choice /> : <Sitting key={`${id} ${query}`} {...{ id, query }} />
}

function Choice() {
  const page = useLoaded(signal => ask<{ data: BatchReport[] }>('/batches?limit=50', { signal }), [])
  const batches = (page.value?.data ?? []).filter(({ request_counts }) => request_counts.completed > 0)
  return (
    <div class="stack">
      <h1>Review</h1>
      <p>Choose the batch whose answers you want to look at.</p>
      <Fault error={page.error} />
      {page.value && batches.length === 0 && (
        <p>
          No batch has an answer yet. <a href={addressOf(['batches'])}>Send one.</a>
        </p>
      )}
      <ul class="groups">
        {batches.map(batch => (
          <li key={batch.id}>
            <a class="card row" href={addressOf(['review', batch.id])}>
              <strong class="grow">{nameOfBatch(batch)}</strong>
              <span>{plural(batch.request_counts.completed, 'answer')}</span>
              <span class="quiet">{begunAt(batch)}</span>
            </a>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Sitting({ id, query }: { readonly id: string; readonly query: URLSearchParams }) {
  const [by, setBy] = useState(readReviewer)
  const order = (query.get('order') ?? 'uncertain') as Order
  const tag = query.get('tag') ?? ''
  const loaded = useLoaded(
    async signal => {
      const [batch, list, prompts, queue] = await Promise.all([
        ask<BatchReport>(pathOfBatch(id), { signal }),
        readTagList(pathOfBatch(id, '/tags'), signal),
        readPrompts(signal),
        readQueue(id, { order, tag, by, signal }),
      ])
      const prompt = prompts.find(({ name, is_default }) =>
        batch.prompt === undefined ? is_default : name === batch.prompt,
      )
      return {
        by,
        batch,
        queue,
        tags: list.tags,
        own: prompt?.tag_list.version === list.version ? undefined : list.tags,
      }
    },
    [id, order, tag, by],
  )
  const { value } = loaded
  const change = (next: Record<string, string>) => go(['review', id], { order, tag, ...next })
  return (
    <div class="stack">
      <h1>Review</h1>
      <div class="row">
        <Select label="Order" value={order} options={Object.entries(orders)} onPick={next => change({ order: next })} />
        <Select
          label="Only the tag"
          value={tag}
          options={[
            ['', 'all tags'],
            ...(value?.tags ?? []).slice(0, 1_000).map(listed => [String(listed.id), listed.name] as const),
          ]}
          onPick={next => change({ tag: next })}
        />
        <Field label="Your name" hint="goes with what you judge">
          <input
            autocomplete="off"
            maxLength={64}
            placeholder="not given"
            value={isNamed(by) ? by : ''}
            onChange={event => setBy(keepReviewer(event.currentTarget.value))}
          />
        </Field>
        <a class="button" href={addressOf(['batches', id])}>
          The batch
        </a>
      </div>
      <Fault error={loaded.error} />
      {value === undefined && !loaded.error && <p role="status">Loading…</p>}
      {value && <Before id={id} {...value.queue} />}
      {value && value.queue.waiting.length === 0 && <p>There is nothing left to look at in this order.</p>}
      {value?.by === by && value.queue.waiting.length > 0 && (
        <Cards
          batchId={id}
          prompt={value.batch.prompt}
          queue={value.queue.waiting}
          tags={value.tags}
          ownList={value.own}
          by={by}
        />
      )}
    </div>
  )
}

/** What is not in the queue, and why. */
function Before({ id, judged, others, skipped, ofFirst }: { readonly id: string } & Queue) {
  if (judged + others + skipped === 0 && ofFirst === undefined) return null
  return (
    <p class="row quiet">
      {judged > 0 && <span>{count(judged)} judged before</span>}
      {others > 0 && <span>{count(others)} in the hands of others</span>}
      {skipped > 0 && <a href={addressOf(['review', id], { order: 'skipped' })}>{count(skipped)} that you skipped</a>}
      {ofFirst !== undefined && <span>out of the first {count(ofFirst)} answers</span>}
    </p>
  )
}
