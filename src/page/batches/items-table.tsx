import { useState } from 'preact/hooks'
import type { BatchItem, ItemPage } from '../../core/batch/batch-results.ts'
import { addressOf, go } from '../address.ts'
import { ask, pathOfBatch } from '../api.ts'
import { Fault, percent, useLoaded } from '../parts.tsx'
import { Scrolled, Table } from '../table.tsx'

/** Rows of a page; the server has the others. */
const rows = 50

interface ItemsProps {
  readonly id: string
  readonly tab: string
  readonly outcome: string
  readonly after: string
  readonly names: ReadonlyMap<string, string>
  /** Changes when there may be others to show. */
  readonly turn: number
}

export function Items({ id, tab, outcome, after, names, turn }: ItemsProps) {
  const query = new URLSearchParams({
    ...{ limit: String(rows), status: tab === 'failed' ? 'failed' : 'completed' },
    ...(outcome && { outcome }),
    ...(after && { after }),
  })
  const page = useLoaded(
    signal => ask<ItemPage>(pathOfBatch(id, `/items?${query}`), { signal }),
    [id, String(query), turn],
  )
  const items = page.value?.data ?? []
  const jump = (event: SubmitEvent) => {
    event.preventDefault()
    const number = Number(new FormData(event.currentTarget as HTMLFormElement).get('number'))
    go(['batches', id], { tab, outcome, after: number > 1 ? number - 2 : undefined })
  }
  return (
    <div class="stack">
      <Fault error={page.error} />
      {page.value && items.length === 0 && <p class="quiet">There is nothing here yet.</p>}
      {items.length > 0 && (
        <Scrolled class="scroll" label="Table of items">
          <Table
            caption={`Items in the order of the upload, from number ${items[0]!.index + 1}`}
            rows={items}
            keyOf={({ index }) => index}
            columns={[
              ['No.', ({ index }) => index + 1, 'number'],
              ['Id', ({ result }) => result.id ?? <span class="quiet">none</span>, 'head'],
              [tab === 'failed' ? 'What went wrong' : 'Tags', ({ result }) => <Result {...{ result, names }} />],
              ['Text', ({ index }) => <Text {...{ id, index }} />],
            ]}
          />
        </Scrolled>
      )}
      {(after || page.value?.has_more) && (
        <nav class="row" aria-label="Pages of items">
          {after && (
            <a class="button" href={addressOf(['batches', id], { tab, outcome })}>
              First page
            </a>
          )}
          {page.value?.has_more && (
            <a class="button" href={addressOf(['batches', id], { tab, outcome, after: items.at(-1)?.index })}>
              Next page
            </a>
          )}
          <form class="row" onSubmit={jump}>
            <label class="check">
              From number <input class="short" name="number" type="number" min={1} required />
            </label>
            <button type="submit">Go</button>
          </form>
        </nav>
      )}
    </div>
  )
}

type ResultProps = Pick<ItemPage['data'][number], 'result'> & Pick<ItemsProps, 'names'>

function Result({ result, names }: ResultProps) {
  if ('error' in result)
    return (
      <>
        <code>{result.error.code}</code> {result.error.detail}
        {result.error.line !== undefined && ` (line ${result.error.line})`}
      </>
    )
  const tags = result.details.tags.map(({ id, name, confidence }) =>
    [names.get(String(id)) ?? name, ...(confidence === null ? [] : [percent(confidence)])].join(' '),
  )
  return (
    <>
      {tags.length === 0 ? <span class="quiet">nothing fits</span> : tags.join(', ')}
      {result.needs_review && <span class="mark"> needs a look</span>}
    </>
  )
}

/** Read when somebody wants to see it. */
function Text({ id, index }: { readonly id: string; readonly index: number }) {
  const [text, setText] = useState<string>()
  const show = async () => {
    const { request } = await ask<BatchItem>(pathOfBatch(id, `/items/${index}`))
    setText(request?.text ?? 'The entry could not be read, so nothing of it was kept.')
  }
  if (text !== undefined)
    return (
      <Scrolled class="pre short" label={`Text of item ${index + 1}`}>
        {text}
      </Scrolled>
    )
  return (
    <button
      type="button"
      class="plain"
      onClick={() => show().catch(error => setText(String(error.message)))}
      aria-label={`Show the text of item ${index + 1}`}
    >
      Show
    </button>
  )
}
