import {
  comparisonInWords,
  escaped,
  interval,
  percent,
  powerOf,
  type Report,
  type ReportedVariant,
  rowsOf,
  thresholdsInWords,
  type Words,
} from './report.ts'
import type { Judged } from './scores.ts'

const mostWorst = 30
const excerpt = 400

const style = `:root{color-scheme:light dark;--ink:#1c1e21;--soft:#5c636b;--line:#d9dde2;--mark:#0b62c4;--bad:#b3261e;--good:#1a7f37;--paper:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#a3abb5;--line:#3a4047;--mark:#7db4ff;--bad:#ff8a80;--good:#7ee787;--paper:#16181b}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem}h3{font-size:1rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}td,th{padding:.25rem .5rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
.n{text-align:right}.soft{color:var(--soft)}.bad{color:var(--bad)}.good{color:var(--good)}.few{color:var(--soft)}
.scroll{overflow-x:auto}details{margin:.5rem 0}summary{cursor:pointer}pre{white-space:pre-wrap;overflow-wrap:anywhere;color:var(--soft);margin:.3rem 0}
svg text{fill:var(--ink);font:12px system-ui,sans-serif}svg .axis{stroke:var(--line)}svg .mark{stroke:var(--mark);fill:var(--mark)}svg .line{stroke:var(--mark);fill:none;stroke-width:2}
.measures{width:auto}.measures td:first-child{min-width:14rem}`

/** One file that stands alone: no script, nothing that is loaded. */
export function htmlReport({ gold, variants, comparisons, gates }: Report, words: Words): string {
  const checks = gates.map(
    ({ name, state, words: figures }) =>
      `<li class="${state === 'failed' ? 'bad' : state === 'passed' ? 'good' : 'soft'}">${state}: ${escaped(name)}: ${escaped(figures)}</li>`,
  )
  const lines = [...comparisons.map(comparisonInWords), powerOf(gold.documents)]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(gold.name)}: evaluation</title><style>${style}</style></head><body>
<h1>${escaped(gold.name)}: ${gold.documents} documents</h1>
<h3>Set F1, with its 95 % interval</h3>
${plotOf(variants)}
<ul>${lines.map(line => `<li>${escaped(line)}</li>`).join('')}${checks.join('')}</ul>
${variants.map(variant => variantOf(variant, words)).join('\n')}
</body></html>
`
}

/** Set F1 of each variant, with its interval. */
function plotOf(variants: readonly ReportedVariant[]): string {
  const [left, width, row] = [340, 360, 28]
  const x = (share: number) => (left + share * width).toFixed(1)
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(
    share =>
      `<line class="axis" x1="${x(share)}" x2="${x(share)}" y1="0" y2="${variants.length * row}"/><text x="${x(share)}" y="${variants.length * row + 16}" text-anchor="middle">${100 * share}</text>`,
  )
  const bars = variants.map(({ name, summary: { set_f1 } }, place) => {
    const y = place * row + row / 2
    return `<text x="0" y="${y + 4}">${escaped(name.slice(0, 48))}</text><line class="mark" stroke-width="2" x1="${x(set_f1.low)}" x2="${x(set_f1.high)}" y1="${y}" y2="${y}"/><circle class="mark" r="4" cx="${x(set_f1.value)}" cy="${y}"/><text x="${left + width + 12}" y="${y + 4}">${percent(set_f1.value)} (${interval(set_f1)})</text>`
  })
  return `<div class="scroll" tabindex="0"><svg width="${left + width + 150}" height="${variants.length * row + 24}" role="img" aria-label="Set F1 of each variant with its 95 % interval">${ticks.join('')}${bars.join('')}</svg></div>`
}

/** Told probability against the share that was right. */
function reliabilityOf({ calibration }: ReportedVariant): string {
  if (!calibration) return ''
  const [size, edge] = [200, 30]
  const at = (told: number, right: number) =>
    [edge + told * size, 10 + (1 - right) * size].map(value => value.toFixed(1))
  const points = calibration.bins.map(({ told, right }) => at(told, right))
  const [from, to] = [at(0, 0), at(1, 1)]
  const dots = points.map(([cx, cy]) => `<circle class="mark" r="4" cx="${cx}" cy="${cy}"/>`).join('')
  return `<h3>Confidence told against share right; calibration error ${percent(calibration.error)} points</h3><svg width="${size + 2 * edge}" height="${size + 40}" role="img" aria-label="Reliability diagram"><line class="axis" x1="${from[0]}" y1="${from[1]}" x2="${to[0]}" y2="${to[1]}"/><rect class="axis" fill="none" x="${edge}" y="10" width="${size}" height="${size}"/>${dots}<text x="${edge}" y="${size + 28}">0</text><text x="${edge + size}" y="${size + 28}" text-anchor="end">told 1</text><text x="${edge - 4}" y="20" text-anchor="end">1</text></svg>`
}

/** The share of wrong answers among the surest so many. */
function riskPlotOf(variant: ReportedVariant): string {
  if (!variant.risk) return ''
  const [width, height, edge] = [360, 160, 40]
  const { curve } = variant.risk
  const most = Math.max(0.1, ...curve.map(({ wrong }) => wrong))
  const points = curve.map(
    ({ coverage, wrong }) => `${(edge + coverage * width).toFixed(1)},${(10 + (1 - wrong / most) * height).toFixed(1)}`,
  )
  const axes = `<rect class="axis" fill="none" x="${edge}" y="10" width="${width}" height="${height}"/><text x="${edge - 4}" y="20" text-anchor="end">${(100 * most).toFixed(0)} %</text><text x="${edge - 4}" y="${height + 10}" text-anchor="end">0</text><text x="${edge}" y="${height + 28}">none</text><text x="${edge + width}" y="${height + 28}" text-anchor="end">all answers, the surest first</text>`
  const promised = thresholdsInWords(variant).map(words => `<li>${words}</li>`)
  return `<h3>Wrong answers among those that need no look</h3><div class="scroll" tabindex="0"><svg width="${width + edge + 10}" height="${height + 40}" role="img" aria-label="Share of wrong answers against the share that needs no look">${axes}<polyline class="line" points="${points.join(' ')}"/></svg></div><ul>${promised.join('')}</ul>`
}

const missing = ({ expected, given }: Judged) => expected.filter(tag => !given.includes(tag))
const surplus = ({ expected, acceptable, given }: Judged) =>
  given.filter(tag => !expected.includes(tag) && !acceptable.includes(tag))

function variantOf(variant: ReportedVariant, { names, documents }: Words): string {
  const named = (tags: readonly string[]) =>
    tags.map(tag => escaped(names.get(tag) ?? tag)).join(', ') || '<span class="soft">none</span>'
  const rows = rowsOf(variant).map(
    ([name, value, range]) =>
      `<tr><td>${escaped(name)}</td><td class="n">${value}</td><td class="soft">${escaped(range)}</td></tr>`,
  )
  const figure = (value: number | null) => `<td class="n">${value === null ? '–' : (100 * value).toFixed(0)}</td>`
  const tags = variant.tags.map(
    ({ tag, expected, given, precision, recall, f1, confused_with }) =>
      `<tr${expected < 5 ? ' class="few"' : ''}><td>${named([tag])}</td><td class="n">${expected}</td><td class="n">${given}</td>${figure(precision)}${figure(recall)}${figure(f1)}<td class="soft">${confused_with.map(([other, times]) => `${named([other])} ${times}`).join(', ')}</td></tr>`,
  )
  const worst = variant.documents
    .filter(({ f1 }) => f1 < 1)
    .sort((left, right) => left.f1 - right.f1)
    .slice(0, mostWorst)
    .map(
      document =>
        `<details><summary>${escaped(document.id)}: F1 ${percent(document.f1)} <span class="soft">${escaped(document.outcome)}</span></summary><p>expected ${named(document.expected)}<br>acceptable ${named(document.acceptable)}<br>given ${named(document.given)}${document.confidences.some(value => value !== null) ? ` <span class="soft">(${document.confidences.map(value => value?.toFixed(2) ?? '–').join(', ')})</span>` : ''}<br>missing ${named(missing(document))}; not expected ${named(surplus(document))}</p><pre>${escaped((documents.get(document.id)?.text ?? '').slice(0, excerpt))}</pre></details>`,
    )
  return `<h2>${escaped(variant.name)}</h2><div class="scroll" tabindex="0"><table class="measures">${rows.join('')}</table></div>${reliabilityOf(variant)}${riskPlotOf(variant)}
<h3>Documents that went worst</h3>${worst.join('')}
<h3>Tags</h3><div class="scroll" tabindex="0"><table><tr><th>tag</th><th class="n">expected</th><th class="n">given</th><th class="n">P</th><th class="n">R</th><th class="n">F1</th><th>given instead</th></tr>${tags.join('')}</table></div>`
}
