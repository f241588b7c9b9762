import { useState } from 'preact/hooks'
import type { Tag } from '../../core/tags/tag-list.ts'
import { Field } from '../fields.tsx'
import { plural } from '../parts.tsx'
import { Scrolled } from '../table.tsx'
import { readTags, writeTags } from './tags.ts'
import { useFiltered } from './use-filtered.ts'

/** More rows than a person reads; the filter finds the others. */
const mostRows = 100

interface TagListProps {
  readonly tags: readonly Tag[]
  readonly isEdited: boolean
  onChange(tags: readonly Tag[] | undefined): void
}

export function TagListEditor({ tags, isEdited, onChange }: TagListProps) {
  const [filter, setFilter] = useState('')
  const [written, setWritten] = useState<string>()
  const [fault, setFault] = useState('')
  const found = useFiltered(tags, filter)

  const take = () => {
    try {
      onChange(readTags(written ?? ''))
      setWritten(undefined)
      setFault('')
    } catch (error) {
      setFault((error as Error).message)
    }
  }
  const nextId = () => tags.reduce((most, { id }) => (typeof id === 'number' ? Math.max(most, id) : most), 0) + 1
  const name = filter.trim()
  const add = () => {
    onChange([...tags, { id: nextId(), name }])
    setFilter('')
  }
  const isNew = name !== '' && tags.every(tag => tag.name.toLowerCase() !== name.toLowerCase())

  if (written !== undefined)
    return (
      <div class="stack">
        <Field label="Tags" hint="JSON, or a line each: id, name, description">
          <textarea class="code" rows={12} value={written} onInput={event => setWritten(event.currentTarget.value)} />
        </Field>
        {fault && <p role="alert">{fault}</p>}
        <div class="row">
          <button type="button" class="primary" onClick={take}>
            Use this list
          </button>
          <button type="button" onClick={() => setWritten(undefined)}>
            Leave it as it was
          </button>
        </div>
      </div>
    )
  return (
    <div class="stack">
      <div class="row">
        <Field label="Filter or add">
          <input type="search" value={filter} onInput={event => setFilter(event.currentTarget.value)} />
        </Field>
        {isNew && (
          <button type="button" onClick={add}>
            Add “{name}”
          </button>
        )}
        <button type="button" onClick={() => setWritten(writeTags(tags))}>
          Edit as text
        </button>
        {isEdited && (
          <button type="button" onClick={() => onChange(undefined)}>
            Back to the list of the prompt
          </button>
        )}
      </div>
      <p class="quiet" role="status">
        {found.length === tags.length ? plural(tags.length, 'tag') : `${found.length} of ${plural(tags.length, 'tag')}`}
        {isEdited && ', edited here'}
        {found.length > mostRows && `; the first ${mostRows} are shown`}
      </p>
      <Scrolled class="list" label="Tags of the list">
        <ul class="tags">
          {found.slice(0, mostRows).map(tag => (
            <li key={tag.id}>
              <span>
                {tag.name} <span class="quiet">{tag.id}</span>
              </span>
              <button
                type="button"
                class="plain"
                aria-label={`Remove ${tag.name}`}
                onClick={() => onChange(tags.filter(other => other !== tag))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      </Scrolled>
    </div>
  )
}
