import { useState } from 'preact/hooks'
import type { BatchItem, ItemPage } from '../../core/batch/batch-results.ts'
import { addressOf, go } from '../address.ts'
import { ask } from '../api.ts'
import { Fault, percent, Scrolled, useLoaded } from '../parts.tsx'

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
    signal => ask<ItemPage>(`/batches/${encodeURIComponent(id)}/items?${query}`, { signal }),
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
          <table>
            <caption>Items in the order of the upload, from number {items[0]!.index + 1}</caption>
            <thead>
              <tr>
                <th scope="col" class="number">
                  No.
                </th>
                <th scope="col">Id</th>
                <th scope="col">{tab === 'failed' ? 'What went wrong' : 'Tags'}</th>
                <th scope="col">Text</th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ index, result }) => (
                <tr key={index}>
                  <td class="number">{index + 1}</td>
                  <th scope="row">{result.id ?? <span class="quiet">none</span>}</th>
                  <td>
                    {'error' in result ? (
                      <>
                        <code>{result.error.code}</code> {result.error.detail}
                        {result.error.line !== undefined && ` (line ${result.error.line})`}
                      </>
                    ) : result.tags.length === 0 ? (
                      <span class="quiet">nothing fits</span>
                    ) : (
                      result.details.tags
                        .map(
                          tag =>
                            `${names.get(String(tag.id)) ?? tag.name}${tag.confidence === null ? '' : ` ${percent(tag.confidence)}`}`,
                        )
                        .join(', ')
                    )}
                    {'tags' in result && result.needs_review && <span class="mark"> needs a look</span>}
                  </td>
                  <td>
                    <Text {...{ id, index }} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
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

/** Read when somebody wants to see it. */
function Text({ id, index }: { readonly id: string; readonly index: number }) {
  const [text, setText] = useState<string>()
  const show = async () => {
    const { request } = await ask<BatchItem>(`/batches/${encodeURIComponent(id)}/items/${index}`)
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
