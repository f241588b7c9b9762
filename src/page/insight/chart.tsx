import { count } from '../parts.tsx'
import { type Column, Scrolled, Table } from '../table.tsx'

export interface Bar {
  readonly label: string
  readonly values: readonly number[]
}

interface ChartProps {
  readonly title: string
  /** What each value of a bar is, from the bottom up. */
  readonly parts: readonly string[]
  readonly bars: readonly Bar[]
  readonly words?: (value: number) => string
}

const mostRows = 200

/** Bars, and the same numbers as a table for whoever cannot see them or wants to copy them. */
export function Chart({ title, parts, bars, words = count }: ChartProps) {
  const sums = bars.map(({ values }) => values.reduce((sum, value) => sum + value, 0))
  const most = Math.max(...sums, 0)
  if (most === 0) return <Empty title={title} />
  const step = 100 / Math.max(bars.length, 8)
  return (
    <figure class="card">
      <figcaption>
        <h2>{title}</h2>
      </figcaption>
      {parts.length > 1 && (
        <p class="legend">
          {parts.map((part, index) => (
            <span key={part} class={`part${index}`}>
              {part}
            </span>
          ))}
        </p>
      )}
      <div class="row quiet">
        <span>up to {words(most)}</span>
      </div>
      <svg
        class="bars"
        viewBox="0 0 100 40"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}, as bars; the table below has the numbers`}
      >
        {bars.map(({ label, values }, index) => {
          let top = 40
          return values.map((value, part) => {
            const height = (value / most) * 38
            top -= height
            return (
              <rect
                key={`${label} ${part}`}
                class={`part${part}`}
                x={index * step + step * 0.1}
                y={top}
                width={step * 0.8}
                height={height}
              />
            )
          })
        })}
      </svg>
      <div class="row quiet ends" style={{ width: `${step * bars.length}%` }}>
        <span>{bars[0]?.label}</span>
        {bars.length > 1 && <span>{bars.at(-1)?.label}</span>}
      </div>
      <details>
        <summary>Table</summary>
        <Scrolled class="scroll" label={`Table of ${title}`}>
          <Table
            caption={`${title}${bars.length > mostRows ? `, the first ${mostRows} of ${count(bars.length)}` : ''}`}
            rows={bars.slice(0, mostRows)}
            keyOf={({ label }) => label}
            columns={[
              ['', ({ label }) => label, 'head'],
              ...parts.map((part, index): Column<Bar> => [part, ({ values }) => words(values[index]!), 'number']),
            ]}
          />
        </Scrolled>
      </details>
    </figure>
  )
}

interface RankingProps {
  readonly title: string
  readonly what: string
  readonly rows: readonly (readonly [name: string, number: number])[]
}

/** Names with their numbers, each beside its bar: the chart is the table. */
export function Ranking({ title, what, rows }: RankingProps) {
  const most = Math.max(...rows.map(([, number]) => number), 0)
  if (most === 0) return <Empty title={title} />
  return (
    <section class={rows.length > 5 ? 'card long' : 'card'}>
      <h2>{title}</h2>
      <Scrolled class="tall" label={title}>
        <Table
          class="ranking"
          caption={
            rows.length > mostRows ? `The first ${mostRows} of ${count(rows.length)}` : 'The most frequent first'
          }
          rows={rows.slice(0, mostRows)}
          keyOf={([name]) => name}
          columns={[
            ['Name', ([name]) => name, 'head'],
            [what, ([, number]) => count(number), 'number'],
            [
              '',
              ([, number]) => (
                <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="part0" width={(number / most) * 100} height={10} />
                </svg>
              ),
            ],
          ]}
        />
      </Scrolled>
    </section>
  )
}

const Empty = ({ title }: { readonly title: string }) => (
  <section class="card">
    <h2>{title}</h2>
    <p class="quiet">Nothing was counted yet.</p>
  </section>
)
