import { useRef, useState } from 'preact/hooks'
import { Fault, percent, plural } from '../parts.tsx'
import { Scrolled } from '../table.tsx'
import { Choices, toggled } from './choices.tsx'
import { Keys } from './keys.tsx'
import { type CardsProps, useCards } from './use-cards.ts'
import { noneFits, rejection, verdictOf } from './verdict.ts'

export function Cards(props: CardsProps) {
  const { queue, tags } = props
  const [keysOn, setKeysOn] = useState(true)
  const [help, setHelp] = useState(false)
  const began = useRef(Date.now())
  const area = useRef<HTMLElement>(null)
  const search = useRef<HTMLInputElement>(null)
  const cards = useCards(props, area)
  const { place, waiting, item, chosen, setChosen, done, error, said, busy, judge, undo } = cards

  const acts: Readonly<Record<string, () => unknown>> = {
    Enter: () => waiting && judge(verdictOf(waiting, chosen)),
    Backspace: () => waiting && judge(noneFits(waiting)),
    r: () => waiting && judge(rejection(waiting)),
    u: undo,
    ArrowRight: cards.skip,
    ArrowLeft: cards.back,
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
    if (event.repeat || cards.isDead()) return
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
      aria-busy={busy}
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
      {error !== undefined && waiting && !item && (
        <div class="row">
          <button type="button" onClick={cards.again}>
            Try again
          </button>
        </div>
      )}
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
