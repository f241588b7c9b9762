import type { BatchReport } from '../../core/batch/batch-report.ts'
import { go } from '../address.ts'
import { ask, pathOfBatch, readLines, readTagList, request } from '../api.ts'
import { Select } from '../fields.tsx'
import { begunAt, count, dollars, Fault, nameOfBatch, namesOf, percent, plural, useLoaded } from '../parts.tsx'
import { Table } from '../table.tsx'
import { Chart, Ranking } from './chart.tsx'
import { Evaluations } from './evaluations.tsx'
import { quantile, readSamples, sumOf } from './prometheus.ts'

interface UsageOfDay {
  readonly day: string
  readonly input_tokens: number
  readonly cached_input_tokens: number
  readonly output_tokens: number
  readonly cost_usd: number | null
}

const days = 14
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)

export function InsightView({ query }: { readonly query: URLSearchParams }) {
  const batches = useLoaded(signal => ask<{ data: BatchReport[] }>('/batches?limit=50', { signal }), [])
  const chosen = query.get('batch') ?? batches.value?.data[0]?.id
  return (
    <div class="stack">
      <h1>Insight</h1>
      <Fault error={batches.error} />
      <Select
        label="Batch"
        value={chosen ?? ''}
        options={[
          ...(chosen === undefined ? [['', 'none yet'] as const] : []),
          ...(batches.value?.data ?? []).map(
            batch =>
              [
                batch.id,
                `${nameOfBatch(batch)}, ${plural(batch.request_counts.total, 'item')}, ${begunAt(batch)}`,
              ] as const,
          ),
        ]}
        onPick={batch => go(['insight'], { batch })}
      />
      <div class="charts">
        {chosen !== undefined && <TagsOfBatch key={chosen} id={chosen} />}
        <Outcomes batches={batches.value?.data ?? []} />
        <Usage />
        <SinceStart />
      </div>
      <Evaluations />
    </div>
  )
}

interface Counted {
  readonly byTag: readonly (readonly [name: string, number: number])[]
  readonly byNumber: readonly number[]
  readonly unused: readonly string[]
}

async function countTags(id: string, signal: AbortSignal): Promise<Counted> {
  const { tags } = await readTagList(pathOfBatch(id, '/tags'), signal)
  const numbers = new Map(tags.map(tag => [String(tag.id), 0]))
  const byNumber: number[] = []
  const answers = readLines<{ tags?: (string | number)[] }>(pathOfBatch(id, '/results?status=completed'), signal)
  for await (const line of answers) {
    const given = line.tags ?? []
    byNumber[given.length] = (byNumber[given.length] ?? 0) + 1
    for (const tag of given) numbers.set(String(tag), (numbers.get(String(tag)) ?? 0) + 1)
  }
  const names = namesOf(tags)
  const byTag = [...numbers]
    .map(([tag, number]) => [names.get(tag) ?? tag, number] as const)
    .sort(([, left], [, right]) => right - left)
  return {
    byTag: byTag.filter(([, number]) => number > 0),
    byNumber,
    unused: byTag.filter(([, number]) => number === 0).map(([name]) => name),
  }
}

function TagsOfBatch({ id }: { readonly id: string }) {
  const { value, error } = useLoaded(signal => countTags(id, signal), [id])
  if (value === undefined) return <Fault error={error} />
  const { byTag, byNumber, unused } = value
  return (
    <>
      <Ranking title="Tags by frequency" what="Documents" rows={byTag} />
      <Chart
        title="Tags a document"
        parts={['documents']}
        bars={Array.from(byNumber, (number = 0, tags) => ({ label: plural(tags, 'tag'), values: [number] }))}
      />
      <section class="card">
        <h2>Unused tags</h2>
        <p>
          {count(unused.length)} of {plural(unused.length + byTag.length, 'tag')} were given to no document of this
          batch.
        </p>
        {unused.length > 0 && (
          <details>
            <summary>Which</summary>
            <p>
              {unused.slice(0, 200).join(', ')}
              {unused.length > 200 && ` and ${count(unused.length - 200)} more`}
            </p>
          </details>
        )}
      </section>
    </>
  )
}

function Outcomes({ batches }: { readonly batches: readonly BatchReport[] }) {
  const bars = batches
    .slice(0, 20)
    .map(({ id, metadata, created_at, outcomes, request_counts }) => ({
      label: `${metadata?.name ?? id.slice(6, 12)}, ${new Date(created_at * 1_000).toLocaleDateString()}`,
      values: [outcomes.ok ?? 0, outcomes.none_apply ?? 0, request_counts.failed],
    }))
    .reverse()
  return (
    <Chart
      title="Outcomes of the last batches, oldest first"
      parts={['tags found', 'nothing fits', 'failed']}
      bars={bars}
    />
  )
}

function Usage() {
  const now = Date.now()
  const from = dayOf(now - (days - 1) * 86_400_000)
  const { value, error } = useLoaded(
    signal => ask<{ data: UsageOfDay[] }>(`/usage?from=${from}&to=${dayOf(now)}`, { signal }),
    [from],
  )
  if (value === undefined) return <Fault error={error} />
  const rows = Array.from({ length: days }, (_, index) => {
    const day = dayOf(now - (days - 1 - index) * 86_400_000)
    const of = value.data.filter(row => row.day === day)
    const sum = (pick: (row: UsageOfDay) => number) => of.reduce((total, row) => total + pick(row), 0)
    const cached = sum(row => row.cached_input_tokens)
    return {
      day,
      cost: sum(row => row.cost_usd ?? 0),
      tokens: [cached, sum(row => row.input_tokens) - cached, sum(row => row.output_tokens)],
    }
  })
  const isUnpriced = value.data.some(({ cost_usd }) => cost_usd === null)
  return (
    <>
      <Chart
        title="Tokens a day"
        parts={['in, cached', 'in', 'out']}
        bars={rows.map(({ day, tokens }) => ({ label: day, values: tokens }))}
      />
      <Chart
        title={isUnpriced ? 'Cost a day, where the price is known' : 'Cost a day'}
        parts={['dollars']}
        bars={rows.map(({ day, cost }) => ({ label: day, values: [cost] }))}
        words={dollars}
      />
    </>
  )
}

function SinceStart() {
  const { value: samples, error } = useLoaded(
    async signal => readSamples(await (await request('/metrics', { signal })).text()),
    [],
  )
  if (samples === undefined) return <Fault error={error} />
  const time = (
    name: string,
    share: number,
    isMeant: (labels: Readonly<Record<string, string>>) => boolean = () => true,
  ) => {
    const seconds = quantile(samples, name, share, isMeant)
    return seconds === undefined ? '–' : `${Math.round(seconds * 1_000)} ms`
  }
  const isClassify = ({ http_route }: Readonly<Record<string, string>>) => http_route === '/classify'
  const cache = new Map(sumOf(samples, 'classify_cache_requests_total', 'result'))
  const answers = [...cache.values()].reduce((sum, value) => sum + value, 0)
  const outcomes = sumOf(samples, 'classify_requests_total', 'outcome')
  const rows = [
    ['Requests', 'http_server_request_duration_seconds', isClassify],
    ['Calls of the model', 'gen_ai_client_operation_duration_seconds', undefined],
  ] as const
  return (
    <>
      <section class="card">
        <h2>Time, since the service was started</h2>
        <Table
          caption="Latency"
          rows={rows}
          keyOf={([label]) => label}
          columns={[
            ['What', ([label]) => label, 'head'],
            ['p50', ([, name, isMeant]) => time(name, 0.5, isMeant), 'number'],
            ['p95', ([, name, isMeant]) => time(name, 0.95, isMeant), 'number'],
          ]}
        />
        <p>
          {answers === 0
            ? 'No answer was looked up in the cache yet.'
            : `${percent((cache.get('hit') ?? 0) / answers)} of ${plural(answers, 'answer')} came from the cache.`}
        </p>
      </section>
      <Ranking title="Outcomes, since the service was started" what="Texts" rows={outcomes} />
    </>
  )
}
