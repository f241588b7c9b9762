import { useMemo, useState } from 'preact/hooks'
import { compareAll, comparisonInWords, rowsOf } from '../../quality/index.ts'
import { pathOfPrompt, readTagList } from '../api.ts'
import { DropZone, Field, Select } from '../fields.tsx'
import { count, Fault, namesOf, plural, useLoaded } from '../parts.tsx'
import { Scrolled, Table } from '../table.tsx'
import { changedDocuments, type Judged, type Run, readRuns, type Variant } from './evaluation-runs.ts'

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
    <Select
      label={label}
      value={value}
      options={runs.map((run, index) => [index, run.label])}
      onPick={index => onPick(Number(index))}
    />
  )
  const [one, other] = [runs[left!], runs[right!]]
  return (
    <DropZone label="Evaluation runs" onFiles={({ files }) => take([...files])}>
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
    </DropZone>
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
  const [measures, others] = [rowsOf(before), rowsOf(after)]
  const given = ({ outcome, given: tags }: Judged) => (isAnswer(outcome) ? named(tags) : outcome)
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
          <Table
            caption="In percent where it is a share, with 95 % intervals"
            rows={measures.map(([name, ...was], index) => ({ name, was, is: others[index]!.slice(1) }))}
            keyOf={({ name }) => name}
            columns={[
              ['Measure', ({ name }) => name, 'head'],
              ['Before', ({ was }) => was[0]],
              ['Interval', ({ was }) => was[1]],
              ['After', ({ is }) => is[0]],
              ['Interval', ({ is }) => is[1]],
            ]}
          />
        </Scrolled>
      </details>
      {changed.length > 0 && (
        <Scrolled class="scroll tall" label="Table of changed documents">
          <Table
            caption={
              changed.length > mostRows
                ? `The first ${mostRows} of ${count(changed.length)} documents that changed`
                : 'The documents that changed, those that changed most first'
            }
            rows={changed.slice(0, mostRows)}
            keyOf={({ id }) => id}
            columns={[
              ['Document', ({ id }) => id, 'head'],
              ['Right', ({ expected }) => named(expected)],
              ['Before', ({ left }) => given(left)],
              ['After', ({ right }) => given(right)],
              ['F1', ({ left, right }) => `${points(left.f1)} → ${points(right.f1)}`, 'number'],
            ]}
          />
        </Scrolled>
      )}
    </>
  )
}

const isAnswer = (outcome: string) => outcome === 'ok' || outcome === 'none_apply'

/** A run holds ids; their names are those of the list that its prompt has now. */
function useTagNames(prompt: string): ReadonlyMap<string, string> {
  const name = prompt.split('@')[0] ?? ''
  const { value } = useLoaded(signal => readTagList(pathOfPrompt(name, '/tags'), signal), [name])
  return namesOf(value?.tags ?? [])
}
