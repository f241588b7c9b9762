import { useEffect, useRef, useState } from 'preact/hooks'
import type { BatchItem } from '../../core/batch/batch-results.ts'
import type { Tag } from '../../core/tags/tag-list.ts'
import { ask } from '../api.ts'
import { Fault, percent, plural, Scrolled } from '../parts.tsx'
import { Choices, toggled } from './choices.tsx'
import { Keys } from './keys.tsx'
import type { Waiting } from './order.ts'
import { give, noneFits, rejection, takeBack, type Verdict, verdictOf } from './verdict.ts'

type Id = Tag['id']

interface CardsProps {
  readonly batchId: string
  readonly prompt: string | undefined
  readonly queue: readonly Waiting[]
  readonly tags: readonly Tag[]
  /** Undefined when the list is that of the prompt. */
  readonly ownList: readonly Tag[] | undefined
}

interface Done {
  readonly place: number
  readonly textHash: string
  readonly chosen: readonly Id[]
  readonly agreed: boolean
}

export function Cards({ batchId, prompt, queue, tags, ownList }: CardsProps) {
  const [place, setPlace] = useState(0)
  const [item, setItem] = useState<BatchItem>()
  const [chosen, setChosen] = useState<readonly Id[]>([])
  const [done, setDone] = useState<readonly Done[]>([])
  const [error, setError] = useState<unknown>()
  const [said, setSaid] = useState('')
  const [keysOn, setKeysOn] = useState(true)
  const [help, setHelp] = useState(false)
  const [busy, setBusy] = useState(true)
  const began = useRef(Date.now())
  const area = useRef<HTMLElement>(null)
  const search = useRef<HTMLInputElement>(null)
  /** Every key is dead until the card has been painted, and again while it is being saved. */
  const isDead = useRef(true)
  const waiting = queue[place]

  const holds = useRef(0)
  /** Gives back what lets the keys act again, unless something else holds them by then. */
  const hold = () => {
    holds.current += 1
    const own = holds.current
    isDead.current = true
    setBusy(true)
    return () => {
      if (own !== holds.current) return
      isDead.current = false
      setBusy(false)
    }
  }
  /** Where the text is, a person can have seen it once two frames have gone by. */
  const show = async (next: number, restored?: readonly Id[]) => {
    const release = hold()
    setPlace(next)
    const shown = queue[next]
    setItem(undefined)
    if (shown === undefined) return
    setChosen(restored ?? shown.tags.map(({ id }) => id))
    try {
      setItem(await ask<BatchItem>(`/batches/${encodeURIComponent(batchId)}/items/${shown.index}`))
      area.current?.focus()
      requestAnimationFrame(() => requestAnimationFrame(release))
    } catch (fault) {
      setError(fault)
      release()
    }
  }
  useEffect(() => void show(0), [queue])

  const judge = async (verdict: Verdict) => {
    if (isDead.current || waiting === undefined || !item?.request) return
    const release = hold()
    setError(undefined)
    try {
      const textHash = await give(
        {
          text: item.request.text,
          id: item.request.id ?? null,
          prompt: item.request.prompt ?? prompt,
          tags: item.request.tags ?? ownList,
        },
        verdict,
      )
      const agreed = verdict.rejected.length === 0 && verdict.missing.length === 0
      setDone([...done.filter(other => other.place !== place), { place, textHash, chosen, agreed }])
      setSaid(`Saved: ${agreed ? 'as suggested' : 'corrected'}`)
      await show(place + 1)
    } catch (fault) {
      setError(fault)
      release()
    }
  }
  const undo = async () => {
    const last = done.at(-1)
    if (last === undefined || (isDead.current && waiting !== undefined)) return
    const release = hold()
    try {
      await takeBack(last.textHash)
      setDone(done.slice(0, -1))
      setSaid('Taken back')
      await show(last.place, last.chosen)
    } catch (fault) {
      setError(fault)
      release()
    }
  }

  const acts: Readonly<Record<string, () => unknown>> = {
    Enter: () => waiting && judge(verdictOf(waiting, chosen)),
    Backspace: () => waiting && judge(noneFits(waiting)),
    r: () => waiting && judge(rejection(waiting)),
    u: undo,
    ArrowRight: () => place < queue.length - 1 && show(place + 1),
    ArrowLeft: () => place > 0 && show(place - 1),
    '/': () => search.current?.focus(),
    '?': () => setHelp(!help),
  }
  const press = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement
    if (event.key === 'Escape' && target === search.current) return area.current?.focus()
    if (
      !keysOn ||
      event.ctrlKey ||
      event.altKey ||
      event.metaKey ||
      /^(INPUT|TEXTAREA|SELECT|BUTTON|A|SUMMARY)$/.test(target.tagName)
    ) {
      if (!(target instanceof HTMLInputElement && target.type === 'checkbox' && event.key === 'Enter')) return
    }
    const digit = /^[1-9]$/.test(event.key) ? waiting?.tags[Number(event.key) - 1] : undefined
    const act = digit ? () => setChosen(toggled(chosen, digit.id)) : acts[event.key]
    if (act === undefined) return
    event.preventDefault()
    // A key that is held would judge what nobody has looked at.
    if (event.repeat || (isDead.current && waiting !== undefined)) return
    act()
  }
  const agreed = done.filter(each => each.agreed).length
  const minutes = (Date.now() - began.current) / 60_000

  return (
    <section
      class="review stack"
      ref={area}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys act while the area has the focus
      tabIndex={0}
      aria-label="Review area"
      aria-busy={busy && waiting !== undefined}
      onKeyDown={press}
    >
      <p class="row" role="status">
        <span>
          {Math.min(place + 1, queue.length)} of {plural(queue.length, 'answer')}
        </span>
        <span>{done.length} reviewed</span>
        {done.length > 0 && <span>{percent(agreed / done.length)} as suggested</span>}
        {done.length > 1 && <span>{(done.length / Math.max(minutes, 0.05)).toFixed(0)} a minute</span>}
        <span>{said}</span>
      </p>
      <Fault error={error} />
      {waiting === undefined ? (
        <div class="card stack">
          <p>
            <strong>That was the last one.</strong>
          </p>
          <div class="row">
            <button type="button" disabled={done.length === 0} onClick={undo}>
              Undo the last <kbd>u</kbd>
            </button>
          </div>
        </div>
      ) : (
        <div class="columns wide-left">
          <article class="card">
            <h2>{waiting.id ?? `Item ${waiting.index + 1}`}</h2>
            <Scrolled class="pre document" label="Text">
              {item?.request?.text ?? 'Loading…'}
            </Scrolled>
          </article>
          <div class="card stack">
            <h2>Suggested tags</h2>
            {waiting.tags.length === 0 && <p>The answer was that nothing fits.</p>}
            <Choices
              key={waiting.index}
              suggested={waiting.tags}
              {...{ chosen, search }}
              tags={item?.request?.tags ?? tags}
              onChange={setChosen}
              onLeave={() => area.current?.focus()}
            />
            <Keys {...{ acts, keysOn, help }} canUndo={done.length > 0} disabled={busy} onKeys={setKeysOn} />
          </div>
        </div>
      )}
    </section>
  )
}
