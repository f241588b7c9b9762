import type { Tag } from '../../src/core/tags/tag-list.ts'
import { loadWordVectors } from '../../src/ranker/meaning/word-vectors.ts'
import { decisionRows, fitDecision, listKey } from './ranker/fit-decision.ts'
import { type LabelledSet, readSets } from './ranker/labelled-sets.ts'
import { percentile, quality, recallAt } from './ranker/measures.ts'
import { readPadding } from './ranker/padding.ts'
import { type Run, runRanker } from './ranker/runs.ts'
import { createMiniSearch, createOrama, queries } from './ranker/search-engines.ts'
import { readServedSets, SERVED_HEAD, servedRow } from './ranker/served.ts'

const SIZES = [1_000, 10_000, 100_000]
const TEXTS_FOR_LONG_LISTS = 300
const FEW_EXAMPLES = 300

const print = (line = ''): boolean => process.stdout.write(`${line}\n`)
const percent = (share: number): string => (100 * share).toFixed(1).padStart(5)
const millis = (time: number): string => time.toFixed(1).padStart(6)

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join(' | ')} |`
  print(line(head))
  print(
    `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`,
  )
  for (const row of rows) print(line(row))
  print()
}

const QUALITY_HEAD = ['ranker', 'P@1', 'F1@3', 'cut P', 'cut R', 'cut F1', 'lenient P', 'tags', 'none right']

function qualityRow(name: string, set: LabelledSet, answers: Run['answers']): string[] {
  const found = quality(set.texts, answers)
  const shares = [found.firstRight, found.f1AtThree, found.precision, found.recall, found.f1, found.lenientPrecision]
  const none = found.none.texts === 0 ? '' : `${found.none.right}/${found.none.texts}`
  return [name, ...shares.map(percent), found.selectedTags.toFixed(2), none]
}

async function engineRows(name: string, set: LabelledSet, tags: readonly Tag[]): Promise<string[][]> {
  const rows: string[][] = []
  for (const engine of [createMiniSearch(tags), await createOrama(tags)]) {
    const tried = []
    for (const [question, ask] of Object.entries(queries)) {
      const answers = []
      for (const { text } of set.texts) {
        const ranked = await engine.rank(ask(text), 3)
        answers.push({ ranked, selected: ranked })
      }
      tried.push({ question, answers, f1: quality(set.texts, answers).f1AtThree })
    }
    const best = tried.reduce((left, right) => (right.f1 > left.f1 ? right : left))
    rows.push(qualityRow(`${engine.name}, ${name} (${best.question}, no cut)`, set, best.answers))
  }
  return rows
}

async function printQuality(set: LabelledSet): Promise<void> {
  const names = set.tags.map(({ id, name }) => ({ id, name }))
  const some = set.texts.slice(0, FEW_EXAMPLES)
  const run = (tags: readonly Tag[], options: Parameters<typeof runRanker>[2]): Run['answers'] =>
    runRanker(tags, set.texts, options).answers
  const rows = [
    qualityRow('ours, whole list', set, run(set.tags, { vectors })),
    qualityRow('ours, names only', set, run(names, { vectors })),
    qualityRow('ours, whole list, no word vectors', set, run(set.tags, {})),
    qualityRow(
      `ours, whole list, ${some.length} examples, never its own`,
      set,
      run(set.tags, { vectors, examples: some }),
    ),
    qualityRow(
      `ours, names only, ${some.length} examples, never its own`,
      set,
      run(names, { vectors, examples: some }),
    ),
  ]
  if (set.texts.length > some.length)
    rows.push(
      qualityRow(
        `ours, whole list, ${set.texts.length} examples, never its own`,
        set,
        run(set.tags, { vectors, examples: set.texts }),
      ),
    )
  rows.push(...(await engineRows('whole list', set, set.tags)), ...(await engineRows('names only', set, names)))
  printTable(QUALITY_HEAD, rows)
}

function printScale(set: LabelledSet): void {
  const texts = set.texts.slice(0, TEXTS_FOR_LONG_LISTS)
  const lists: [string, readonly Tag[], Parameters<typeof runRanker>[2]][] = [
    ['whole list', set.tags, { vectors }],
    ['names only', set.tags.map(({ id, name }) => ({ id, name })), { vectors }],
    [`whole list, ${texts.length} examples`, set.tags, { vectors, examples: texts }],
  ]
  const rows = [set.tags.length, ...SIZES].flatMap(size =>
    lists.map(([name, tags, options]) => {
      const run = runRanker(padding.pad(tags, size), texts, options)
      const { firstRight, precision, recall, f1 } = quality(texts, run.answers)
      const recalls = [50, 100].map(kept => recallAt(kept, texts, run.shortlists))
      const times = [run.selectMillis, run.shortlistMillis].flatMap(of => [percentile(of, 0.5), percentile(of, 0.95)])
      return [
        `${size}, ${name}`,
        ...[firstRight, precision, recall, f1, ...recalls].map(percent),
        ...times.map(millis),
        run.buildMillis.toFixed(0),
        run.indexMegabytes.toFixed(1),
      ]
    }),
  )
  const times = ['select p50', 'p95', 'shortlist p50', 'p95', 'build ms', 'index MB']
  printTable(['tags', 'P@1', 'cut P', 'cut R', 'cut F1', 'R@50', 'R@100', ...times], rows)
}

const start = performance.now()
const vectors = loadWordVectors()
print(`Word vectors loaded in ${(performance.now() - start).toFixed(0)} ms. Node ${process.version}.`)
const padding = readPadding()
print(`Lists are padded with ${padding.source}. Times in ms, shares in %.`)
const paths = process.argv.slice(2).filter(argument => !argument.startsWith('--'))
const sets = readSets(paths.length > 0 ? paths : ['test/fixtures/gold/invented-projects.jsonl'])
print('\n## What is served, with 95 % intervals\n')
const served = readServedSets(sets)
printTable(
  SERVED_HEAD,
  served.map(set => servedRow(set, runRanker(set.tags, set.texts, { vectors }).answers)),
)
const rows = decisionRows(served, vectors)
const lists = new Set(served.map(listKey))
if (lists.size > 1) {
  print('## The same, with the decision between [] and an answer fitted on all lists but that of the set\n')
  const weights = new Map([...lists].map(list => [list, fitDecision(rows.filter(row => row.list !== list))]))
  printTable(
    SERVED_HEAD,
    served.map(set =>
      servedRow(set, runRanker(set.tags, set.texts, { vectors, weights: weights.get(listKey(set))! }).answers),
    ),
  )
  print(
    `Fitted on all of them: ${fitDecision(rows)
      .map(weight => weight.toFixed(2))
      .join(', ')}`,
  )
}
// The rest takes minutes on a large folder.
if (process.argv.includes('--compare') || paths.length === 0)
  for (const set of served) {
    print(`\n## ${set.name}: ${set.texts.length} texts, ${set.tags.length} tags\n`)
    await printQuality(set)
    printScale(set)
  }
