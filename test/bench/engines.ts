/**
 * Which engine is better on your list: the embedded ranker, the configured model writing ids, writing names, and deciding
 * tag by tag, on the same labelled texts. Usage: OPENAI_BASE_URL=… OPENAI_MODEL=… npm run bench:engines -- labelled.jsonl
 * [--limit 63] [--engine ranker|ids|names|decide …] [--prompt other-prompt …]; all settings hold as for the service, such
 * as TEXT_BUDGET and PROMPTS_DIR. OPENAI_API says by which contract it decides; decisions when it says none. It is asked
 * once without a threshold, and each row with one is what that leaves. A further `--prompt` is asked as its own settings
 * say.
 */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parse, stringify } from 'yaml'
import { ServiceError } from '../../src/core/outcome.ts'
import type { Tag } from '../../src/core/tags/tag-list.ts'
import { classifierFor } from '../support/classifier.ts'
import { type LabelledText, readSets } from './ranker/labelled-sets.ts'
import { percentile, quality } from './ranker/measures.ts'
import { interval, mean } from './resampling.ts'

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: 'string', default: '1000000' },
    engine: { type: 'string', multiple: true, default: ['ranker', 'ids', 'names', 'decide'] },
    prompt: { type: 'string', multiple: true, default: [] },
  },
})
const [set] = readSets(positionals.slice(0, 1))
if (!set) throw new RangeError('name a file of labelled texts')
const texts = set.texts.slice(0, Number(given.limit))
/** Tags that the model was less sure of are dropped in further rows, as `min_confidence` or a threshold does. */
const floorsOfText = [0.05, 0.2]
const floorsOfDecisions = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => !!entry[1]))
const { PROMPT: defaultPrompt = 'assign-tags', PROMPTS_DIR: folder = 'prompts' } = env
const print = (line: string) => process.stdout.write(`${line}\n`)
const scratch = mkdtempSync(join(tmpdir(), 'tagsmith-'))

/** The prompts, with the settings of the default one changed. */
function promptsWith(what: string, change: (settings: string) => string): string {
  const copy = join(scratch, what)
  cpSync(folder, copy, { recursive: true })
  const file = join(copy, defaultPrompt, 'prompt.yaml')
  writeFileSync(file, change(readFileSync(file, 'utf8')))
  return copy
}
const promptsReplyingWith = (what: 'ids' | 'names') =>
  promptsWith(what, settings => `${settings.replace(/^reply_with:.*\n?/m, '').trimEnd()}\nreply_with: ${what}\n`)
const promptsWithoutThreshold = () =>
  promptsWith('decide', settings => {
    const { decide, ...rest } = parse(settings)
    return stringify({ ...rest, decide: { ...decide, threshold: 0 } })
  })

interface Engine {
  readonly name: string
  readonly env: Record<string, string>
  readonly prompt: string
  readonly floors?: readonly number[]
}

const chatting = { ...env, OPENAI_API: 'chat' }
const deciding = { ...env, OPENAI_API: env.OPENAI_API === 'systemone' ? 'systemone' : 'decisions' }
const withoutModel = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('OPENAI_')))
const engineOf: Record<string, () => Engine> = {
  ranker: () => ({ name: 'embedded ranker', env: withoutModel, prompt: defaultPrompt }),
  ids: () => ({ name: 'ids', env: { ...chatting, PROMPTS_DIR: promptsReplyingWith('ids') }, prompt: defaultPrompt }),
  names: () => ({
    name: 'names',
    env: { ...chatting, PROMPTS_DIR: promptsReplyingWith('names') },
    prompt: defaultPrompt,
  }),
  decide: () => ({
    name: `decide (${deciding.OPENAI_API})`,
    env: { ...deciding, PROMPTS_DIR: promptsWithoutThreshold() },
    prompt: defaultPrompt,
    floors: floorsOfDecisions,
  }),
}

interface Answered {
  readonly text: LabelledText
  /** Null for a text that got no answer; it counts as one without tags. */
  readonly tags: readonly { readonly id: Tag['id']; readonly confidence: number | null }[] | null
  readonly seconds: number
  readonly tokens: number
  readonly cachedTokens: number
  readonly cost: number | null
  /** Why there is no answer. */
  readonly failure: string | undefined
}

async function run({ name, env, prompt }: Engine): Promise<Answered[]> {
  // A small model on a small machine may take its time, and no answer of one engine is one of another.
  const times = { REQUEST_TIMEOUT_MS: '600000', UPSTREAM_TIMEOUT_MS: '600000' }
  const classifier = await classifierFor({ ...times, ...env, CACHE_ENTRIES: '0' })
  const { signal } = new AbortController()
  const answers: Answered[] = []
  for (const text of texts) {
    const start = performance.now()
    const request = { text: text.text, tags: [...set!.tags], prompt, cache: false }
    const options = { signal, account: 'bench', wantConfidence: true }
    let failure: string | undefined
    const found = await classifier.classify(request, options).catch((error: unknown) => {
      if (!(error instanceof ServiceError)) throw error
      failure = error.code
      return undefined
    })
    const usage = found?.details.usage
    answers.push({
      text,
      tags: found?.details.tags ?? null,
      seconds: (performance.now() - start) / 1_000,
      tokens: (usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0),
      cachedTokens: usage?.cached_input_tokens ?? 0,
      cost: found ? found.details.cost_usd : null,
      failure,
    })
    process.stderr.write(`\r${name}: ${answers.length} of ${texts.length} `)
  }
  process.stderr.write('\r')
  return answers
}

const share = (values: readonly number[]) => {
  const [low, high] = interval(values)
  return `${mean(values).toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`
}

function row(name: string, answers: readonly Answered[]): void {
  const picks = answers.map(({ tags }) => (tags ?? []).map(({ id }) => id))
  const scores = answers.map(({ text }, index) => quality([text], [{ ranked: picks[index]!, selected: picks[index]! }]))
  const about = scores.filter((_, index) => answers[index]!.text.tags.length > 0)
  const lenient = answers.map(({ text }, index) =>
    [...text.tags, ...text.acceptable].includes(picks[index]![0] ?? '') ? 1 : 0,
  )
  const seconds = answers.map(answer => answer.seconds)
  const costs = answers.map(({ cost }) => cost)
  const cost = costs.includes(null) ? 'unknown' : costs.reduce<number>((sum, cost) => sum + cost!, 0).toFixed(4)
  const cells = [
    share(about.map(({ firstRight }) => firstRight)),
    mean(lenient).toFixed(2).padStart(10),
    share(about.map(({ f1 }) => f1)),
    mean(picks.map(({ length }) => length))
      .toFixed(2)
      .padStart(4),
    String(picks.filter(({ length }) => length === 0).length).padStart(5),
    String(answers.filter(({ tags }) => tags === null).length).padStart(6),
    mean(answers.map(({ tokens }) => tokens))
      .toFixed(0)
      .padStart(6),
    mean(answers.map(({ cachedTokens }) => cachedTokens))
      .toFixed(0)
      .padStart(6),
    cost.padStart(8),
    `${percentile(seconds, 0.5).toFixed(1)} s, ${percentile(seconds, 0.95).toFixed(1)} s`,
  ]
  print(`${name.padEnd(33)}${cells.join('   ')}`)
}

const wanted = given.engine.map(name => {
  const engine = engineOf[name]
  if (!engine) throw new RangeError(`--engine: ${name} is none of ${Object.keys(engineOf).join(', ')}`)
  return engine
})
const others = given.prompt.map(prompt => (): Engine => ({ name: prompt, env, prompt }))
print(`${set.name}: ${texts.length} texts, ${set.tags.length} tags; the model is ${env.OPENAI_MODEL ?? 'not set'}`)
print(
  `${''.padEnd(33)}P@1 [95 %]          acceptable   set F1 [95 %]       tags   empty   failed   tokens   cached   US dollar   p50, p95`,
)
for (const engine of [...wanted, ...others].map(make => make())) {
  const answers = await run(engine)
  row(engine.name, answers)
  const failures = new Set(answers.flatMap(({ failure }) => failure ?? []))
  if (failures.size > 0) print(`  failed with ${[...failures].join(', ')}`)
  if (!answers.some(({ tags }) => tags?.some(({ confidence }) => confidence !== null))) continue
  for (const floor of engine.floors ?? floorsOfText) {
    const sure = answers.map(answer => ({
      ...answer,
      tags: answer.tags?.filter(({ confidence }) => confidence === null || confidence >= floor) ?? null,
    }))
    row(`${engine.name}, floor ${floor}`, sure)
  }
}
rmSync(scratch, { recursive: true })
