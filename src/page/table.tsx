import type { ComponentChildren } from 'preact'

interface ScrolledProps {
  readonly label: string
  readonly class: string
  readonly children: ComponentChildren
}

/** What may be larger than its place: a keyboard has to get into it to scroll. */
export const Scrolled = ({ label, class: name, children }: ScrolledProps) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by the keyboard, as WCAG 2.1.1 wants
  <section class={name} aria-label={label} tabIndex={0}>
    {children}
  </section>
)

/** A column with its title, how it is filled, and whether it is what names a row, or holds numbers. */
export type Column<Row> = readonly [title: string, cell: (row: Row) => ComponentChildren, kind?: 'head' | 'number']

interface TableProps<Row> {
  readonly caption: ComponentChildren
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly class?: string
  keyOf(row: Row): string | number
}

export const Table = <Row,>({ caption, columns, rows, class: name, keyOf }: TableProps<Row>) => (
  <table class={name}>
    <caption>{caption}</caption>
    <thead>
      <tr>
        {columns.map(([title, , kind], index) =>
          title === '' ? (
            <td key={index} />
          ) : (
            <th key={index} scope="col" class={kind === 'number' ? 'number' : undefined}>
              {title}
            </th>
          ),
        )}
      </tr>
    </thead>
    <tbody>
      {rows.map(row => (
        <tr key={keyOf(row)}>
          {columns.map(([, cell, kind], index) =>
            kind === 'head' ? (
              <th key={index} scope="row">
                {cell(row)}
              </th>
            ) : (
              <td key={index} class={kind}>
                {cell(row)}
              </td>
            ),
          )}
        </tr>
      ))}
    </tbody>
  </table>
)

/** Names with what each of them comes to. */
export const Figures = ({ rows }: { readonly rows: readonly (readonly [ComponentChildren, ComponentChildren])[] }) => (
  <dl class="figures">
    {rows.map(([name, value], index) => (
      <div key={index}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)
