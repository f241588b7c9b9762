import {
  comparisonInWords,
  escaped,
  percent,
  powerOf,
  type Report,
  type ReportedVariant,
  rowsOf,
  thresholdsInWords,
  type Words,
} from './report.ts'

const mostTags = 15

export function textReport({ gold, variants, comparisons, gates }: Report, { names }: Words): string {
  const lines = [`${gold.name}: ${gold.documents} documents`]
  for (const variant of variants) {
    lines.push('', `## ${variant.name}`, ...stopped(variant), '')
    for (const [name, value, range] of rowsOf(variant)) lines.push(`${name.padEnd(24)}${value.padStart(10)}  ${range}`)
    if (variant.calibration) lines.push(`calibration error       ${percent(variant.calibration.error).padStart(10)}`)
    lines.push(...thresholdsInWords(variant))
    lines.push('', `${'tag'.padEnd(26)}  n   P    R    F1   given instead`)
    for (const { tag, expected, precision, recall, f1, confused_with } of variant.tags.slice(0, mostTags)) {
      const figures = [precision, recall, f1].map(value =>
        (value === null ? '–' : (100 * value).toFixed(0)).padStart(4),
      )
      const others = confused_with.map(([other, times]) => `${names.get(other) ?? other} ${times}`).join(', ')
      lines.push(
        `${(names.get(tag) ?? tag).slice(0, 25).padEnd(26)}${String(expected).padStart(3)} ${figures.join(' ')}   ${others}`,
      )
    }
    if (variant.tags.length > mostTags) lines.push(`… and ${variant.tags.length - mostTags} more in --json and --html`)
    if (variant.suspects.length > 0)
      lines.push('', `labels that a confident answer contradicts: ${variant.suspects.slice(0, 20).join(', ')}`)
  }
  lines.push('', ...comparisons.map(comparisonInWords), powerOf(gold.documents))
  for (const { name, state, words } of gates) lines.push(`${state.toUpperCase()} ${name}: ${words}`)
  return `${lines.join('\n')}\n`
}

function stopped({ reused, left_out, stopped_by }: ReportedVariant): string[] {
  const why = stopped_by === 'max_usd' ? 'the cost reached --max-usd' : 'the interval is narrow enough'
  return [
    ...(reused > 0 ? [`${reused} answers were known and not asked again`] : []),
    ...(left_out > 0 ? [`${left_out} documents were not asked: ${why}`] : []),
  ]
}

/** For the text of a pull request. */
export function markdownReport({ gold, variants, comparisons, gates }: Report): string {
  const tables = variants.map(variant => {
    const rows = rowsOf(variant).map(row => `| ${row.join(' | ')} |`)
    return `### ${variant.name}\n\n| measure | value | 95 % interval |\n|---|--:|---|\n${rows.join('\n')}\n`
  })
  const checks = gates.map(({ name, state, words }) => `- ${state}: ${name}: ${words}`)
  const lines = [...comparisons.map(comparisonInWords), powerOf(gold.documents)].map(line => `- ${line}`)
  return `${[`## ${gold.name}: ${gold.documents} documents\n`, ...tables, [...lines, ...checks].join('\n')].join('\n')}\n`
}

/** For CI: one test for each gate. */
export function junitReport({ gates }: Report): string {
  const cases = gates.map(({ name, state, words }) => {
    const inside =
      state === 'failed'
        ? `<failure message="${escaped(words)}"/>`
        : state === 'unclear'
          ? `<skipped message="${escaped(words)}"/>`
          : ''
    return `<testcase classname="tagsmith.evaluate" name="${escaped(name)}">${inside}</testcase>`
  })
  const count = (state: string) => gates.filter(gate => gate.state === state).length
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="tagsmith evaluate" tests="${gates.length}" failures="${count('failed')}" skipped="${count('unclear')}">\n${cases.join('\n')}\n</testsuite>\n`
}
