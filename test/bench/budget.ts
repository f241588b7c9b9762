/**
 * What a budget is worth to a real model: the configured one on labelled texts, for each TEXT_BUDGET, with the 95 %
 * interval of the difference to the one before. Usage: OPENAI_BASE_URL=… OPENAI_MODEL=… npm run bench:budget --
 * labelled.jsonl [budget …]; settings such as WHOLE_LIST_LIMIT hold as for the service.
 */

import { ServiceError } from '../../src/core/outcome.ts'
import { classifierFor } from '../support/classifier.ts'
import { readSets } from './ranker/labelled-sets.ts'
import { quality } from './ranker/measures.ts'
import { interval, mean } from './resampling.ts'

const [file, ...given] = process.argv.slice(2)
const [set] = readSets(file === undefined ? [] : [file])
if (!set) throw new RangeError('name a file of labelled texts')
const budgets = given.length > 0 ? given.map(Number) : [250, 500, 1_000, 2_000, 4_000]
const print = (line: string) => process.stdout.write(`${line}\n`)
const texts = set.texts.filter(({ tags }) => tags.length > 0)
const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => !!entry[1]))
const { signal } = new AbortController()

async function measure(budget: number) {
  // No answer of one budget is one of another, and a text may take its time.
  const classifier = await classifierFor({ REQUEST_TIMEOUT_MS: '600000', ...env, TEXT_BUDGET: String(budget) })
  const scores: number[] = []
  const sum = { tokens: 0, failed: 0, seconds: 0 }
  for (const labelled of texts) {
    const start = performance.now()
    try {
      const request = { text: labelled.text, tags: [...set!.tags], cache: false }
      const { answer, details } = await classifier.classify(request, { signal, account: 'bench' })
      scores.push(quality([labelled], [{ ranked: answer.tags, selected: answer.tags }]).f1)
      sum.tokens += details.usage.input_tokens ?? 0
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      scores.push(0)
      sum.failed += 1
    }
    sum.seconds += (performance.now() - start) / 1000
  }
  return { budget, scores, ...sum }
}

print(`${set.name}: ${texts.length} texts with tags, asked of ${env.OPENAI_MODEL ?? 'the embedded ranker'}`)
let before: Awaited<ReturnType<typeof measure>> | undefined
for (const budget of budgets) {
  const row = await measure(budget)
  const each = (total: number, digits: number) => (total / texts.length).toFixed(digits)
  print(
    `${budget}: F1 ${mean(row.scores).toFixed(3)}, ${each(row.tokens, 0)} input tokens and ${each(row.seconds, 1)} s a text, ${row.failed} failed`,
  )
  if (before) {
    const differences = row.scores.map((score, index) => score - before!.scores[index]!)
    const [low, high] = interval(differences)
    print(`  less ${before.budget}: ${mean(differences).toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`)
  }
  before = row
}
