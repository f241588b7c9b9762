import { useMemo, useState } from 'preact/hooks'
import type { Tag } from '../../core/tags/tag-list.ts'
import { compareAll, comparisonInWords, rowsOf } from '../../quality/index.ts'
import { ask } from '../api.ts'
import { count, Fault, Field, plural, Scrolled, useLoaded } from '../parts.tsx'
import { changedDocuments, type Run, readRuns, type Variant } from './runs.ts'

const mostRows = 200

/** Runs of `tagsmith evaluate`, read in the page from the files that it wrote; they are sent nowhere. */
export function Evaluations() {
  const [runs, setRuns] = useState<readonly Run[]>([])
  const [[left, right], setPair] = useState([0, 1])
  const [error, setError] = useState<unknown>()

  const take = async (files: readonly File[]) => {
    setError(undefined)
    try {
      const read = await Promise.all(files.map(async file => readRuns(file.name, await file.text())))
      const next = [...runs, ...read.flat()]
      setRuns(next)
      if (runs.length < 2) setPair([0, Math.min(1, next.length - 1)])
    } catch (fault) {
      setError(fault)
    }
  }
  const pick = (label: string, value: number, onPick: (index: number) => void) => (
    <Field label={label}>
      <select value={value} onChange={event => onPick(Number(event.currentTarget.value))}>
        {runs.map((run, index) => (
          <option key={index} value={index}>
            {run.label}
          </option>
        ))}
      </select>
    </Field>
  )
  const [one, other] = [runs[left!], runs[right!]]
  return (
    <section
      class="card drop stack"
      aria-label="Evaluation runs"
      onDragOver={event => event.preventDefault()}
      onDrop={event => {
        event.preventDefault()
        take([...(event.dataTransfer?.files ?? [])])
      }}
    >
      <h2>Evaluation runs side by side</h2>
      <Field label="Runs" hint="what “tagsmith evaluate --json run.json” wrote, one file or several; or drop them here">
        <input type="file" multiple accept=".json" onChange={event => take([...(event.currentTarget.files ?? [])])} />
      </Field>
      <Fault error={error} />
      {runs.length === 1 && <p>That is one run. Add another to compare it with.</p>}
      {one && other && runs.length > 1 && (
        <>
          <div class="columns">
            {pick('Before', left!, index => setPair([index, right!]))}
            {pick('After', right!, index => setPair([left!, index]))}
          </div>
          {one === other ? <p>Choose two that differ.</p> : <Pair before={one.variant} after={other.variant} />}
        </>
      )}
    </section>
  )
}

interface PairProps {
  readonly before: Variant
  readonly after: Variant
}

function Pair({ before, after }: PairProps) {
  const changed = useMemo(() => changedDocuments(before, after), [before, after])
  const sentence = useMemo(() => {
    const [comparison] = compareAll([after], before)
    return comparison && comparison.difference.size > 0 ? comparisonInWords(comparison) : undefined
  }, [before, after])
  const names = useTagNames(after.of.prompt)
  const named = (tags: readonly string[]) => tags.map(tag => names.get(tag) ?? tag).join(', ') || 'none'
  const points = (f1: number) => (100 * f1).toFixed(0)
  const better = changed.filter(({ left, right }) => right.f1 > left.f1).length
  const worse = changed.filter(({ left, right }) => right.f1 < left.f1).length
  const rows = rowsOf(before).map(([name, value, range], index) => {
    const [, otherValue, otherRange] = rowsOf(after)[index]!
    return { name, cells: [value, range, otherValue, otherRange] }
  })
  return (
    <>
      <p class="verdict">{sentence ?? 'The two runs have no document in common.'}</p>
      <p>
        {plural(changed.length, 'document')} changed: {better} better, {worse} worse, {changed.length - better - worse}{' '}
        as good as before.
      </p>
      <details>
        <summary>All measures</summary>
        <Scrolled class="scroll" label="Table of measures">
          <table>
            <caption>In percent where it is a share, with 95 % intervals</caption>
            <thead>
              <tr>
                <th scope="col">Measure</th>
                <th scope="col">Before</th>
                <th scope="col">Interval</th>
                <th scope="col">After</th>
                <th scope="col">Interval</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ name, cells }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  {cells.map((cell, index) => (
                    <td key={index}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolled>
      </details>
      {changed.length > 0 && (
        <Scrolled class="scroll tall" label="Table of changed documents">
          <table>
            <caption>
              {changed.length > mostRows
                ? `The first ${mostRows} of ${count(changed.length)} documents that changed`
                : 'The documents that changed, those that changed most first'}
            </caption>
            <thead>
              <tr>
                <th scope="col">Document</th>
                <th scope="col">Right</th>
                <th scope="col">Before</th>
                <th scope="col">After</th>
                <th scope="col" class="number">
                  F1
                </th>
              </tr>
            </thead>
            <tbody>
              {changed.slice(0, mostRows).map(({ id, expected, left, right }) => (
                <tr key={id}>
                  <th scope="row">{id}</th>
                  <td>{named(expected)}</td>
                  <td>{isAnswer(left.outcome) ? named(left.given) : left.outcome}</td>
                  <td>{isAnswer(right.outcome) ? named(right.given) : right.outcome}</td>
                  <td class="number">
                    {points(left.f1)} → {points(right.f1)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolled>
      )}
    </>
  )
}

const isAnswer = (outcome: string) => outcome === 'ok' || outcome === 'none_apply'

/** A run holds ids; their names are those of the list that its prompt has now. */
function useTagNames(prompt: string): ReadonlyMap<string, string> {
  const name = prompt.split('@')[0] ?? ''
  const { value } = useLoaded(
    signal => ask<{ tags: readonly Tag[] }>(`/prompts/${encodeURIComponent(name)}/tags`, { signal }),
    [name],
  )
  return new Map((value?.tags ?? []).map(tag => [String(tag.id), tag.name]))
}
