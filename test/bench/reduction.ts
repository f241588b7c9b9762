/**
 * What a budget costs: the embedded ranker on reduced texts against the same on whole ones, for each budget, with the
 * 95 % interval of the paired difference; and how long a megabyte takes that means to take long. Usage:
 * npm run bench:reduction -- labelled.jsonl
 */

import { reduceText } from '../../src/documents/reduce.ts'
import { loadWordVectors } from '../../src/ranker/meaning/word-vectors.ts'
import { createRanker } from '../../src/ranker/ranker.ts'
import { listOf } from '../support/tag-lists.ts'
import { type LabelledText, readSets } from './ranker/labelled-sets.ts'
import { quality } from './ranker/measures.ts'
import { interval, mean } from './resampling.ts'

const budgets = [250, 500, 750, 1_000, 1_500, 2_000, 3_000, 4_000, 8_000, 1_000_000]
const print = (line: string) => process.stdout.write(`${line}\n`)
const [set] = readSets(process.argv.slice(2, 3))
if (!set) throw new RangeError('name a file of labelled texts')

const ranker = createRanker(listOf(set.tags), { vectors: loadWordVectors() })
const texts = set.texts.filter(({ tags }) => tags.length > 0)

/** F1 of each text, at the three best and after the cut. */
function scores(shown: (text: string) => string) {
  return texts.map((labelled: LabelledText) => {
    const text = shown(labelled.text)
    const ranked = ranker.rank(text).map(({ tag }) => tag.id)
    const selected = ranker.select(text, 3).map(({ tag }) => tag.id)
    const { f1, f1AtThree } = quality([labelled], [{ ranked, selected }])
    return { f1, f1AtThree }
  })
}

const whole = scores(text => text)
const wholeBytes = set.texts.map(({ text }) => Buffer.byteLength(text)).sort((a, b) => a - b)
print(`${set.name}: ${texts.length} texts with tags, median ${wholeBytes[wholeBytes.length >> 1]} bytes`)
print('budget   bytes sent   of all   F1     difference to whole [95 %]    F1 at 3   difference [95 %]')
const row = (name: string, sent: number, found: typeof whole) => {
  const told = (['f1', 'f1AtThree'] as const).map(key => {
    const differences = found.map((score, index) => score[key] - whole[index]![key])
    const [low, high] = interval(differences)
    const figures = `${mean(differences).toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`
    return `${mean(found.map(score => score[key])).toFixed(3)}  ${figures.padEnd(28)}`
  })
  const all = wholeBytes.reduce((sum, size) => sum + size, 0)
  print(
    `${name.padEnd(9)}${String(sent).padEnd(13)}${((100 * sent) / all).toFixed(0).padStart(3)} %    ${told.join('  ')}`,
  )
}
row(
  'whole',
  wholeBytes.reduce((sum, size) => sum + size, 0),
  whole,
)
for (const budget of budgets) {
  const sent = set.texts.reduce((sum, { text }) => sum + reduceText(text, budget).coverage.sent_bytes, 0)
  row(
    budget >= 1_000_000 ? 'no limit' : String(budget),
    sent,
    scores(text => reduceText(text, budget).text),
  )
}

/** What opens something and never ends it, and what is cut again and again. */
const hostile =
  '[ ![ ]( < <a <!-- data: data:a/b; :: ` ~~~ # \u0000 <h1> <h1 [](  ![a]( [ ]( ][ [][ a é 😀 data:image/png;base64,AAAA'
    .split(' ')
    .concat('\n', '\r\n', ' ', '.. image:: ', '<a href="', '```\n', '# \n', '-\n', 'a\n===\n', '* [a](#b)\n')
    .concat('<svg>', '<style>a', '</svg>', '```a`\n', '```\n~~~\n', '&uuml;', '# Licence a\n', `${'Ab0/'.repeat(19)}\n`)
    .concat('# License\n', '<br>\n', '![a](b)\n', '[![a](b)](c) ', '<!-- -->', '<h1>a</h1>')
    .filter(shape => shape !== '')
const megabyte = 1_048_576
const slowest = hostile
  .map(shape => {
    const text = shape.repeat(Math.ceil(megabyte / shape.length))
    const before = process.cpuUsage()
    reduceText(text, 2_000)
    const { user, system } = process.cpuUsage(before)
    return { shape, milliseconds: (user + system) / 1000 }
  })
  .sort((left, right) => right.milliseconds - left.milliseconds)
const told = slowest
  .slice(0, 3)
  .map(({ shape, milliseconds }) => `${JSON.stringify(shape)} ${milliseconds.toFixed(0)} ms`)
print(`a megabyte of each of ${hostile.length} hostile shapes, the slowest, in CPU time: ${told.join(', ')}`)
