import './style.css'
import { render } from 'preact'
import { useState } from 'preact/hooks'
import { addressOf, useAddress } from './address.ts'
import { keepKey, readKey } from './api.ts'
import { BatchView } from './batches/batch-view.tsx'
import { BatchesView } from './batches/batches-view.tsx'
import { InsightView } from './insight/insight-view.tsx'
import { ReviewView } from './review/review-view.tsx'
import { TryView } from './try/try-view.tsx'

const views = [
  ['try', 'Try'],
  ['batches', 'Batches'],
  ['review', 'Review'],
  ['insight', 'Insight'],
] as const

function Page() {
  const { path, query } = useAddress()
  const [turn, setTurn] = useState(0)
  const view = views.some(([name]) => name === path[0]) ? path[0] : 'try'
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <header>
        <strong class="brand">tagsmith</strong>
        <nav aria-label="Views">
          {views.map(([name, label]) => (
            <a key={name} href={addressOf([name])} aria-current={name === view ? 'page' : undefined}>
              {label}
            </a>
          ))}
          <a href="/docs/">API</a>
        </nav>
        <KeyForm onKey={() => setTurn(turn + 1)} />
      </header>
      <main id="main" tabIndex={-1} key={`${turn}`}>
        {view === 'try' && <TryView query={query} />}
        {view === 'batches' && path[1] === undefined && <BatchesView query={query} />}
        {view === 'batches' && path[1] !== undefined && <BatchView key={path[1]} id={path[1]} query={query} />}
        {view === 'review' && <ReviewView key={path[1] ?? ''} id={path[1]} query={query} />}
        {view === 'insight' && <InsightView query={query} />}
      </main>
    </>
  )
}

function KeyForm({ onKey }: { readonly onKey: () => void }) {
  const [open, setOpen] = useState(false)
  const [key, setKey] = useState(readKey)
  const keep = (event: Event) => {
    event.preventDefault()
    keepKey(key.trim())
    setOpen(false)
    onKey()
  }
  return (
    <div class="key">
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        API key{readKey() === '' ? '' : ' ✓'}
      </button>
      {open && (
        <form onSubmit={keep}>
          <label>
            Key <small>kept in this tab alone</small>
            <input
              type="password"
              autocomplete="off"
              value={key}
              onInput={event => setKey(event.currentTarget.value)}
            />
          </label>
          <button type="submit">Use it</button>
        </form>
      )}
    </div>
  )
}

render(<Page />, document.body)
