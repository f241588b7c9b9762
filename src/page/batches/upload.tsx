import { useEffect, useState } from 'preact/hooks'
import type { BatchEstimate, BatchReport } from '../../core/batch/batch-report.ts'
import { go } from '../address.ts'
import { ask, readPrompts } from '../api.ts'
import { DropZone, Field, NumberField, Select } from '../fields.tsx'
import { count, dollars, Fault, plural, useLoaded } from '../parts.tsx'
import { Figures } from '../table.tsx'
import { bodyOf, droppedFiles, guessColumns, type Mapping, readSource, type Source } from './upload-source.ts'

const accepted = '.ndjson,.jsonl,.json,.csv,.tsv,.md,.txt'

export function Upload() {
  const [source, setSource] = useState<Source>()
  const [mapping, setMapping] = useState<Mapping>({ id: -1, text: -1 })
  const [prompt, setPrompt] = useState('')
  const [maxTags, setMaxTags] = useState('')
  const [cap, setCap] = useState('')
  const [key, setKey] = useState('')
  const [estimate, setEstimate] = useState<BatchEstimate>()
  const [error, setError] = useState<unknown>()
  const [sending, setSending] = useState(false)
  const prompts = useLoaded(readPrompts, [])

  const take = async (files: readonly File[]) => {
    if (files.length === 0) return
    const read = await readSource(files)
    setSource(read)
    setKey(`page-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`)
    if (read.kind === 'table') setMapping(guessColumns(read))
    else setMapping({ id: -1, text: -1 })
  }
  const query = new URLSearchParams({
    // So that the answers tell how sure the model was, and can be reviewed the least certain first.
    min_confidence: '0',
    ...(prompt && { prompt }),
    ...(maxTags && { max_tags: maxTags }),
    ...(cap && { max_cost_usd: cap }),
  })
  const send = async <T,>(path: string, headers: Record<string, string>, signal?: AbortSignal): Promise<T> =>
    ask<T>(`${path}?${query}`, {
      ...{ method: 'POST', body: await bodyOf(source!, mapping), headers, signal },
      type: source?.name.toLowerCase().endsWith('.json') ? 'application/json' : 'application/x-ndjson',
    })

  useEffect(() => {
    setEstimate(undefined)
    setError(undefined)
    if (source === undefined) return
    const leaving = new AbortController()
    const timer = setTimeout(
      () =>
        send<BatchEstimate>('/batches/estimate', {}, leaving.signal).then(
          setEstimate,
          fault => leaving.signal.aborted || setError(fault),
        ),
      300,
    )
    return () => {
      clearTimeout(timer)
      leaving.abort()
    }
  }, [source, mapping, prompt, maxTags, cap])

  const start = async () => {
    setSending(true)
    setError(undefined)
    try {
      const { id } = await send<BatchReport>('/batches', { 'idempotency-key': key })
      go(['batches', id])
    } catch (fault) {
      setError(fault)
      setSending(false)
    }
  }
  const choose = (event: Event) => take([...((event.currentTarget as HTMLInputElement).files ?? [])])

  return (
    <DropZone label="A new batch" onFiles={data => droppedFiles(data).then(take, setError)}>
      <h2>A new batch</h2>
      <div class="row">
        <Field label="File" hint="NDJSON, JSON or CSV, or several texts; or drop it here">
          <input type="file" multiple accept={accepted} onChange={choose} />
        </Field>
        <Field label="Folder" hint="a text a file">
          <input type="file" {...{ webkitdirectory: true }} onChange={choose} />
        </Field>
      </div>
      {source && (
        <>
          <p>
            <strong>{source.name}</strong>
            {source.kind === 'table' && `, ${plural(source.rows.length, 'row')}`}
          </p>
          <div class="row">
            {source.kind === 'table' &&
              (['text', 'id'] as const).map(part => (
                <Select
                  key={part}
                  label={part === 'text' ? 'Column of the text' : 'Column of the id'}
                  value={mapping[part]}
                  options={[...(part === 'id' ? [[-1, 'none'] as const] : []), ...source.columns.entries()]}
                  onPick={column => setMapping({ ...mapping, [part]: Number(column) })}
                />
              ))}
            <Select
              label="Prompt"
              value={prompt}
              options={[['', 'the default'], ...(prompts.value ?? []).map(({ name }) => [name, name] as const)]}
              onPick={setPrompt}
            />
            <NumberField label="Most tags" min={1} max={50} placeholder="3" value={maxTags} onInput={setMaxTags} />
            <NumberField label="Most dollars" min={0} step="any" placeholder="no cap" value={cap} onInput={setCap} />
          </div>
          <div role="status">
            {estimate ? <Estimate {...estimate} /> : !error && <p>Working out what it would cost…</p>}
          </div>
          <div class="row">
            <button type="button" class="primary" disabled={sending} onClick={start}>
              {sending ? 'Sending…' : `Start${estimate ? ` ${plural(estimate.items, 'item')}` : ''}`}
            </button>
          </div>
        </>
      )}
      <Fault error={error} />
    </DropZone>
  )
}

const Estimate = ({ items, unreadable, cached, model, input_tokens, output_tokens, cost_usd }: BatchEstimate) => (
  <Figures
    rows={[
      ['Items', `${count(items)}${unreadable ? `, and ${count(unreadable)} that cannot be read` : ''}`],
      ['Known already', count(cached)],
      ['Model', model],
      ['Tokens', `${count(input_tokens)} in, ${count(output_tokens.low)} to ${count(output_tokens.high)} out`],
      [
        'Price',
        cost_usd === null
          ? 'unknown: no price is known for this model'
          : cost_usd.high === 0
            ? 'nothing'
            : `${dollars(cost_usd.low)} to ${dollars(cost_usd.high)}`,
      ],
    ]}
  />
)
