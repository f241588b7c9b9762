import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { emptyFolder, pricesFile } from '../support/command.ts'
import { type FakeProviderOptions, startFakeProvider } from '../support/fake-provider/server.ts'
import { spawnCommand } from '../support/server-process.ts'
import { type ProgramOptions, runInProcess } from '../support/terminal.ts'

const gold = 'test/fixtures/gold/invented-projects.jsonl'
const folder = () => emptyFolder()
const evaluate = (flags: string[], options: ProgramOptions = {}, file = gold) =>
  runInProcess(['evaluate', file, ...flags], options)

async function startModel(options: FakeProviderOptions = {}) {
  const provider = await startFakeProvider(options)
  onTestFinished(() => provider.close())
  const { model } = provider.dialect
  const env = {
    ...{ OPENAI_BASE_URL: provider.url, OPENAI_MODEL: model, UPSTREAM_BACKOFF_MS: '1', PRICES_FILE: pricesFile(model) },
  }
  return { provider, env }
}

function goldOf(lines: readonly object[]): string {
  const file = join(folder(), 'gold.jsonl')
  writeFileSync(file, lines.map(line => JSON.stringify(line)).join('\n'))
  return file
}
const texts = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: `t${index}`,
    text: `# Project ${index}\n\nIt routes packets.`,
    tags: [36],
  }))

test('the embedded ranker is measured without a key, with intervals, in every format', async () => {
  const out = folder()
  const files = ['json', 'html', 'junit', 'markdown'].map(format => ({ format, file: join(out, format) }))
  const flags = files.flatMap(({ format, file }) => [`--${format}`, file])
  const { exitCode, stdout, stderr } = await evaluate([
    '--answers',
    join(out, 'answers'),
    '--min',
    'set-f1=0.1',
    ...flags,
  ])
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/set F1 +\d\d\.\d {2}\d\d\.\d to \d\d\.\d/)
  expect(stdout).toContain('PASSED')
  const [report, html, junit, markdown] = files.map(({ file }) => readFileSync(file, 'utf8'))
  const { variants, gold: set } = JSON.parse(report!)
  expect(set).toMatchObject({ documents: 365 })
  const { set_f1, nothing_fits_found } = variants[0].summary
  expect(set_f1.low).toBeLessThan(set_f1.value)
  expect(set_f1.value).toBeLessThan(set_f1.high)
  expect(nothing_fits_found.size).toBe(47)
  expect(html).toContain('<svg')
  expect(html).not.toMatch(/<(script|link|img|iframe)\b| (src|href)=/)
  expect(junit).toContain('failures="0"')
  expect(markdown).toContain('| set F1 |')
})

test('what a text holds is no markup of the HTML report', async () => {
  const out = join(folder(), 'html')
  const file = goldOf([{ id: '<b>', text: '<script>alert(1)</script> A tool & more', tags: [36] }])
  expect((await evaluate(['--answers', join(folder(), 'a'), '--html', out], {}, file)).exitCode).toBe(0)
  const html = readFileSync(out, 'utf8')
  expect(html).not.toContain('<script')
  expect(html).not.toContain('<b>')
})

test('a second evaluation of the same set makes no call, and another prompt is asked alone', async () => {
  const { provider, env } = await startModel()
  const prompts = folder()
  cpSync('prompts', prompts, { recursive: true })
  const settings = { env: { ...env, PROMPTS_DIR: prompts } }
  const file = goldOf(texts(12))
  const answers = ['--answers', join(folder(), 'answers')]
  const first = await evaluate([...answers, '--prompt', 'assign-tags'], settings, file)
  expect([first.exitCode, provider.requests.length]).toEqual([0, 12])
  const again = await evaluate([...answers, '--prompt', 'assign-tags'], settings, file)
  expect([again.exitCode, provider.requests.length]).toEqual([0, 12])
  expect(again.stdout).toContain('12 answers were known')
  const both = [...answers, '--prompt', 'assign-tags', '--prompt', 'assign-tags-verbatim']
  const compared = await evaluate(both, settings, file)
  expect(provider.requests.length).toBe(24)
  expect(compared.stdout).toContain('too few (12)')
  const user = join(prompts, 'assign-tags', 'user.liquid')
  writeFileSync(user, `${readFileSync(user, 'utf8')}\nThink of the whole.`)
  await evaluate(both, settings, file)
  expect(provider.requests.length).toBe(36)
})

test('an evaluation that was killed goes on, and pays for nothing twice but what was on its way', async () => {
  const { provider, env } = await startModel({ latencyMs: 100 })
  const file = goldOf(texts(30))
  const flags = [file, '--answers', join(folder(), 'answers'), '--concurrency', '2']
  const child = spawnCommand(['evaluate', ...flags], { env, cwd: process.cwd() })
  onTestFinished(() => void child.kill('SIGKILL'))
  await expect.poll(() => provider.requests.length).toBeGreaterThan(8)
  child.kill('SIGKILL')
  await new Promise(resolve => child.once('close', resolve))
  const result = await runInProcess(['evaluate', ...flags], { env })
  expect(result.exitCode).toBe(0)
  expect(provider.requests.length).toBeLessThanOrEqual(32)
  expect(provider.requests.length).toBeGreaterThanOrEqual(30)
})

test('nothing is asked once it has cost as much as may be', async () => {
  const { provider, env } = await startModel()
  const flags = ['--answers', join(folder(), 'answers'), '--max-usd', '0.0000001', '--concurrency', '1']
  const { stdout } = await evaluate(flags, { env }, goldOf(texts(10)))
  expect(provider.requests.length).toBe(1)
  expect(stdout).toContain('9 documents were not asked: the cost reached --max-usd')
})

test('gates end with 100 below, and with 101 where --strict cannot tell', async () => {
  const answers = ['--answers', join(folder(), 'answers'), '--limit', '60']
  expect((await evaluate([...answers, '--min', 'set-f1=0.99'])).exitCode).toBe(100)
  const json = join(folder(), 'run.json')
  await evaluate([...answers, '--json', json])
  const { value } = JSON.parse(readFileSync(json, 'utf8')).variants[0].summary.set_f1
  const near = ['--min', `set-f1=${(value - 0.005).toFixed(4)}`]
  expect((await evaluate([...answers, ...near])).exitCode).toBe(0)
  expect((await evaluate([...answers, ...near, '--strict'])).exitCode).toBe(101)
  const same = await evaluate([...answers, '--baseline', json, '--fail-if', 'worse=2', '--strict'])
  expect([same.exitCode, same.stdout]).toEqual([0, expect.stringContaining('PASSED')])
  const run = JSON.parse(readFileSync(json, 'utf8'))
  for (const document of run.variants[0].documents) document.f1 = 1
  writeFileSync(json, JSON.stringify(run))
  expect((await evaluate([...answers, '--baseline', json, '--fail-if', 'worse=2'])).exitCode).toBe(100)
})

test.each<[string, string[], string]>([
  ['a measure that there is not', ['--min', 'beauty=1'], 'set-f1'],
  ['a prompt that there is not', ['--prompt', 'none'], 'unknown_prompt'],
  ['an endpoint that there is not', ['--endpoint', 'none'], 'embedded-ranker'],
  ['a limit of nothing', ['--limit', '0'], 'whole number above 0'],
])('%s ends with 2 and what to mend', async (_, flags, said) => {
  const { exitCode, stderr } = await evaluate([...flags, '--answers', join(folder(), 'answers')])
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(said)])
})

test.each<[string, object, string]>([
  ['a tag that is not on the list', { id: 'a', text: 'A tool.', tags: [4_000] }, 'has the tag 4000'],
  ['no text', { id: 'a', tags: [36] }, 'line 1'],
  ['tags that are no list', { id: 'a', text: 'A tool.', tags: 36 }, 'tags'],
])('a gold line with %s ends with 2, and is named', async (_, line, said) => {
  const { exitCode, stderr } = await evaluate(['--answers', join(folder(), 'answers')], {}, goldOf([line]))
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(said)])
})

test('texts may lie in files beside the gold set', async () => {
  const file = goldOf([{ id: 'a', file: 'a.md', tags: [36] }])
  writeFileSync(join(file, '..', 'a.md'), '# A router\n\nIt routes packets in networks.')
  expect((await evaluate(['--answers', join(folder(), 'answers')], {}, file)).exitCode).toBe(0)
})

test('--orders asks under other orders of the list, and tells how often the answer changes', async () => {
  // Answers with whatever tag stands first, which is the usual one in one of the two orders.
  const { provider, env } = await startModel({ choose: ({ allowed }) => allowed.slice(0, 1) })
  const json = join(folder(), 'run.json')
  const flags = ['--answers', join(folder(), 'answers'), '--orders', '2', '--json', json]
  const { exitCode, stdout } = await evaluate(flags, { env }, goldOf(texts(5)))
  expect([exitCode, provider.requests.length]).toEqual([0, 15])
  expect(stdout).toMatch(/changed by another order +50\.0/)
  const { variants } = JSON.parse(readFileSync(json, 'utf8'))
  expect(variants).toHaveLength(1)
  expect(variants[0].order_changes).toMatchObject({ value: 0.5, size: 10 })
  await evaluate(flags, { env }, goldOf(texts(5)))
  expect(provider.requests.length).toBe(15)
})

test('evaluate suspects lists the labels that a sure answer contradicts, the surest first', async () => {
  const document = { given: ['36'], expected: ['57'], acceptable: [] }
  const documents = [
    { ...document, id: 'less', confidences: [0.92] },
    { ...document, id: 'most', confidences: [0.99] },
    { ...document, id: 'unsure', confidences: [0.5] },
    { ...document, id: 'fine', confidences: [0.99], acceptable: ['36'] },
  ]
  const run = join(folder(), 'run.json')
  writeFileSync(
    run,
    JSON.stringify({ names: { 36: 'networking', 57: 'observability' }, variants: [{ name: 'v', documents }] }),
  )
  const file = goldOf(documents.map(({ id }) => ({ id, text: `A text called ${id}.`, tags: [57] })))
  const { exitCode, stdout } = await runInProcess(['evaluate', 'suspects', run, '--gold', file])
  expect(exitCode).toBe(0)
  expect(stdout.split('\n').filter(Boolean)).toEqual([
    'most: lacks networking (0.99); labelled observability; v says networking',
    '  A text called most.',
    expect.stringContaining('less: lacks networking (0.92)'),
    '  A text called less.',
  ])
  expect((await runInProcess(['evaluate', 'suspects', run, '--confidence', '1'])).stdout).toContain('no answer of 1')
})

test('a prompt that shows examples is shown the other documents, never the one that is asked about or its twin', async () => {
  const { provider, env } = await startModel()
  const prompts = folder()
  cpSync('prompts', prompts, { recursive: true })
  const settings = join(prompts, 'assign-tags', 'prompt.yaml')
  writeFileSync(settings, `${readFileSync(settings, 'utf8')}\nexamples: 3\n`)
  const own = (place: number) => Array.from({ length: 12 }, (_, word) => `w${place}x${word}`).join(' ')
  const documents = Array.from({ length: 25 }, (_, place) => ({
    id: `d${place}`,
    // The last two are versions of one text.
    text: `# Networking\n\nNetworking of packets: ${own(Math.min(place, 23))}${place === 24 ? ' again' : ''}.`,
    tags: [[36], [57], [18], [1]][place % 4],
  }))
  const asked = ['--answers', join(folder(), 'answers')]
  const { exitCode } = await evaluate(asked, { env: { ...env, PROMPTS_DIR: prompts } }, goldOf(documents))
  expect([exitCode, provider.requests.length]).toEqual([0, 25])
  for (const { body } of provider.requests) {
    const { content } = (body.messages as { content: string }[]).at(-1)!
    const [examples = '', document = ''] = content.split(/<document [\da-f]+>/)
    expect(examples.match(/<example /g)).toHaveLength(3)
    const [mark] = /w\d+x/.exec(document)!
    expect(examples).not.toContain(mark)
  }
  await evaluate(asked, { env: { ...env, PROMPTS_DIR: prompts } }, goldOf(documents))
  expect(provider.requests.length).toBe(25)
})
