/**
 * What each step saves: input tokens and dollars for a file of texts, against a provider that reports cached tokens by
 * the prefix rule. Usage: npm run bench:cost -- texts.jsonl [model]
 */

import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPrices } from '../../src/accounting/prices.ts'
import { classifierFor } from '../support/classifier.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'

const [file, model = 'gpt-4.1-mini'] = process.argv.slice(2)
if (file === undefined) throw new RangeError('name a file with a JSON object that holds a "text" on each line')
const print = (line: string) => process.stdout.write(`${line}\n`)
const texts = readFileSync(file, 'utf8')
  .split('\n')
  .filter(line => line.trim() !== '')
  .map(line => (JSON.parse(line) as { text: string }).text)

/** The default prompt, on texts as they come. */
const unreduced = mkdtempSync(join(tmpdir(), 'tagsmith-'))
cpSync(fileURLToPath(new URL('../../prompts', import.meta.url)), unreduced, { recursive: true })
appendFileSync(join(unreduced, 'assign-tags', 'prompt.yaml'), '\nreduce: false\n')

interface Step {
  readonly name: string
  readonly env: Record<string, string>
  readonly passes?: number
}

const { cost } = createPrices()
const steps: readonly Step[] = [
  { name: 'verbatim', env: { PROMPT: 'assign-tags-verbatim' } },
  { name: 're-laid', env: { PROMPTS_DIR: unreduced } },
  { name: 're-laid + reduced', env: {} },
  { name: 'the same texts again', env: {}, passes: 2 },
]

async function measure({ env, passes = 1 }: Step) {
  const provider = await startFakeProvider({ dialect: 'openai' })
  const classifier = await classifierFor({ OPENAI_BASE_URL: provider.url, OPENAI_MODEL: model, ...env })
  const sum = { calls: 0, input: 0, cached: 0, cost: 0 }
  const { signal } = new AbortController()
  for (let pass = 1; pass <= passes; pass++) {
    const before = provider.count()
    for (const text of texts) {
      const { details } = await classifier.classify({ text }, { signal, account: 'bench' })
      if (pass < passes) continue
      sum.input += details.usage.input_tokens ?? 0
      sum.cached += details.usage.cached_input_tokens ?? 0
      // The provider is on loopback, where nothing has a price.
      const spent = details.cached ? 0 : cost({ endpoint: 'api.openai.com', model, usage: details.usage })
      sum.cost += spent ?? Number.NaN
    }
    sum.calls = provider.count() - before
  }
  await provider.close()
  return sum
}

print(`${texts.length} texts, ${model}; the provider counts a token for four characters`)
print('                        calls   input tokens   of those cached   at full price   against verbatim   US dollars')
let first: number | undefined
for (const step of steps) {
  const { calls, input, cached, cost: spent } = await measure(step)
  const full = input - cached
  first ??= full
  const change = `${((100 * (full - first)) / first).toFixed(1)} %`
  const figures = [String(calls).padStart(5), String(input).padStart(15), String(cached).padStart(18)]
  print(
    `${step.name.padEnd(24)}${figures.join('')}${String(full).padStart(16)}${change.padStart(19)}${spent.toFixed(4).padStart(13)}`,
  )
}
rmSync(unreduced, { recursive: true })
