import type { Tally } from './run.ts'
import type { RunItem } from './state.ts'
import { summaryOf } from './words.ts'

const mostFailuresShown = 1_000

/** A run as one page of HTML that needs nothing beside it. What comes from outside is escaped wherever it stands. */
export function* reportPage(
  tally: Readonly<Tally>,
  { items, title, date }: { items: () => Iterable<RunItem>; title: string; date: Date },
): Generator<string> {
  const { rows, frequencies } = summaryOf(tally, items())
  yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${style}</style></head><body>
<h1>${escaped(title)}</h1><p>${date.toISOString()}</p>
${table(['', 'this run'], rows)}
<h2>Tags</h2>\n`
  const most = Math.max(1, ...frequencies.map(([, count]) => count))
  yield table(
    ['tag', 'items', ''],
    frequencies.map(([name, count]) => [name, String(count), count / most]),
  )
  yield '<h2>Items without an answer</h2>\n'
  const failed = [...failuresOf(items())]
  yield failed.length === 0 ? '<p>None.</p>\n' : table(['item', 'reason', ''], failed)
  if (failed.length === mostFailuresShown) yield '<p>These are the first; the file of failures holds all.</p>\n'
  yield '</body></html>\n'
}

function* failuresOf(items: Iterable<RunItem>): Generator<Row> {
  let shown = 0
  for (const { id, tags, failure } of items) {
    if (tags !== undefined || failure === undefined) continue
    if (shown === mostFailuresShown) return
    shown += 1
    yield [String(id), failure.code, failure.detail]
  }
}

/** A number is the length of a bar, as a share. */
type Row = readonly (string | number)[]

const table = (head: readonly string[], rows: readonly Row[]): string =>
  `<table><thead><tr>${head.map(cell => `<th scope="col">${escaped(cell)}</th>`).join('')}</tr></thead><tbody>
${rows.map(row => `<tr>${row.map(cellOf).join('')}</tr>`).join('\n')}
</tbody></table>\n`

const cellOf = (cell: string | number): string =>
  typeof cell === 'number'
    ? `<td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width="${(cell * 100).toFixed(1)}" height="10"/></svg></td>`
    : `<td>${escaped(cell)}</td>`

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`).toWellFormed()

const style = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent);vertical-align:top;overflow-wrap:anywhere}
.bar{width:40%}.bar svg{width:100%;height:.8rem}rect{fill:light-dark(#2563eb,#7aa2ff)}`
