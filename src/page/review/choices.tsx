import type { RefObject } from 'preact'
import { useState } from 'preact/hooks'
import type { Tag } from '../../core/tags/tag-list.ts'
import { namesOf, percent } from '../parts.tsx'
import { useFiltered } from '../try/use-filtered.ts'
import type { Waiting } from './order.ts'

type Id = Tag['id']

interface ChoicesProps {
  readonly suggested: Waiting['tags']
  readonly chosen: readonly Id[]
  /** What can be added. */
  readonly tags: readonly Tag[]
  readonly search: RefObject<HTMLInputElement | null>
  readonly onChange: (chosen: readonly Id[]) => void
  /** After a tag was added by the keyboard, so that the keys of the review act again. */
  readonly onLeave: () => void
}

const mostFound = 50

export const toggled = (chosen: readonly Id[], id: Id) =>
  chosen.includes(id) ? chosen.filter(other => other !== id) : [...chosen, id]

/** The suggested tags as boxes to tick, and a search for others of the list. */
export function Choices({ suggested, chosen, tags, search, onChange, onLeave }: ChoicesProps) {
  const [filter, setFilter] = useState('')
  const found = useFiltered(tags, filter)
  const names = namesOf(tags)
  const toggle = (id: Id) => onChange(toggled(chosen, id))

  return (
    <>
      <ul class="choices">
        {suggested.map(({ id, name, confidence }, index) => (
          <li key={id}>
            <label class="check">
              <input type="checkbox" checked={chosen.includes(id)} onChange={() => toggle(id)} />
              <kbd>{index + 1}</kbd> {name}
              {confidence !== null && <span class="share">{percent(confidence)}</span>}
            </label>
          </li>
        ))}
        {chosen
          .filter(id => suggested.every(tag => tag.id !== id))
          .map(id => (
            <li key={id}>
              <label class="check">
                <input type="checkbox" checked onChange={() => toggle(id)} /> {names.get(String(id)) ?? id}{' '}
                <span class="quiet">added</span>
              </label>
            </li>
          ))}
      </ul>
      <label class="field">
        <span>
          Add another tag <kbd>/</kbd>
        </span>
        <input
          type="search"
          ref={search}
          value={filter}
          onInput={event => setFilter(event.currentTarget.value)}
          onKeyDown={event => {
            const [first] = found
            if (event.key !== 'Enter' || filter === '' || first === undefined) return
            event.preventDefault()
            event.stopPropagation()
            if (!chosen.includes(first.id)) onChange([...chosen, first.id])
            setFilter('')
            onLeave()
          }}
        />
      </label>
      {filter !== '' && (
        <ul class="found" aria-label="Tags found">
          {found.slice(0, mostFound).map(({ id, name }) => (
            <li key={id}>
              <button type="button" class="plain" aria-pressed={chosen.includes(id)} onClick={() => toggle(id)}>
                {name} <span class="quiet">{id}</span>
              </button>
            </li>
          ))}
          {found.length === 0 && <li>No tag is called so.</li>}
        </ul>
      )}
    </>
  )
}
