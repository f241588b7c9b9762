import { useEffect, useState } from 'preact/hooks'
import type { BatchReport } from '../core/batch/batch-report.ts'
import type { Tag } from '../core/tags/tag-list.ts'
import { AskError } from './api.ts'

export function Fault({ error }: { readonly error: unknown }) {
  if (error === undefined || error === null) return null
  const known = error instanceof AskError ? error : undefined
  return (
    <div class="fault" role="alert">
      <strong>{known?.code ?? 'error'}</strong> {error instanceof Error ? error.message : String(error)}
      {known && known.errors.length > 0 && (
        <ul>
          {known.errors.slice(0, 20).map(({ pointer, detail }) => (
            <li key={pointer}>
              <code>{pointer}</code> {detail}
            </li>
          ))}
        </ul>
      )}
      {known?.status === 401 && <p>Enter a key with the button “API key” at the top.</p>}
    </div>
  )
}

export interface Loaded<T> {
  readonly value: T | undefined
  readonly error: unknown
  again(): void
}

/** Loads when the page has been painted, and anew whenever one of `on` changes; what was loaded stays meanwhile. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, on: readonly unknown[]): Loaded<T> {
  const [state, setState] = useState<{ value: T | undefined; error: unknown }>({ value: undefined, error: undefined })
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const leaving = new AbortController()
    load(leaving.signal).then(
      value => leaving.signal.aborted || setState({ value, error: undefined }),
      error => leaving.signal.aborted || setState(({ value }) => ({ value, error })),
    )
    return () => leaving.abort()
  }, [...on, turn])
  return { ...state, again: () => setTurn(turn + 1) }
}

/** Calls in so many milliseconds, again and again, while the page can be seen. */
export function useRepeated(act: () => void, ms: number | undefined): void {
  useEffect(() => {
    if (ms === undefined) return
    const timer = setInterval(() => document.hidden || act(), ms)
    return () => clearInterval(timer)
  }, [act, ms])
}

export type Mark = 'only here' | 'elsewhere' | undefined

export interface ChipProps {
  readonly name: string
  readonly id: string | number
  readonly confidence: number | null
  readonly mark?: Mark
}

export const Chip = ({ name, id, confidence, mark }: ChipProps) => (
  <li class={mark ? 'chip different' : 'chip'}>
    <span class="name">{name}</span> <span class="quiet">{id}</span>
    {confidence !== null && <span class="share"> · {percent(confidence)}</span>}
    {mark && <span class="mark"> {mark}</span>}
  </li>
)

/** A button that says for a moment that it has done what it does. */
export function Copy({ label, text }: { readonly label: string; readonly text: () => string }) {
  const [said, setSaid] = useState('')
  const [shown, setShown] = useState('')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text())
      setSaid('Copied')
      setTimeout(() => setSaid(''), 2_000)
    } catch {
      setShown(text())
    }
  }
  return (
    <>
      <button type="button" onClick={copy}>
        {said || label}
      </button>
      {shown && <textarea readOnly aria-label={label} value={shown} onFocus={event => event.currentTarget.select()} />}
    </>
  )
}

export function save(name: string, type: string, parts: readonly BlobPart[]): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  document.body.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** With a space that breaks no line. */
export const percent = (share: number): string =>
  `${(share * 100).toFixed(share > 0.995 || share === 0 ? 0 : 1)}\u00a0%`
export const count = (value: number): string => value.toLocaleString('en-US')
export const dollars = (value: number | null | undefined): string =>
  value === null || value === undefined
    ? 'unknown'
    : value === 0
      ? '$0'
      : `$${value.toPrecision(3).replace(/\.?0+$/, '')}`
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`
}
export const plural = (number: number, noun: string): string => `${count(number)} ${noun}${number === 1 ? '' : 's'}`

export const namesOf = (tags: readonly Pick<Tag, 'id' | 'name'>[]): ReadonlyMap<string, string> =>
  new Map(tags.map(({ id, name }) => [String(id), name]))
export const nameOfBatch = ({ id, metadata }: Pick<BatchReport, 'id' | 'metadata'>): string =>
  metadata?.name ?? id.slice(0, 14)
export const begunAt = ({ created_at }: Pick<BatchReport, 'created_at'>): string =>
  new Date(created_at * 1_000).toLocaleString()
