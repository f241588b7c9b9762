import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { emptyFolder } from '../support/command.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { startService } from '../support/service.ts'
import { shippedTags } from '../support/tag-lists.ts'
import { runInProcess } from '../support/terminal.ts'

const written = (name: string, value: unknown) => {
  const file = join(emptyFolder(), name)
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
  return file
}
const list = [
  { id: 1, name: 'web', description: 'Sites.' },
  { id: 2, name: 'games', description: 'Play.' },
]

test('tags check tells what is to be mended, and that nothing is', async () => {
  const bad = await runInProcess(['tags', 'check', written('list.json', [...list, { id: 3, name: 'Web' }])])
  expect([bad.exitCode, bad.stdout]).toEqual([0, expect.stringMatching(/same name: (.|\n)*no description: "Web"/)])
  expect((await runInProcess(['tags', 'check', written('list.json', list)])).stdout).toBe('nothing to mend\n')
  const broken = await runInProcess(['tags', 'check', written('list.json', [{ id: 1 }])])
  expect([broken.exitCode, broken.stderr]).toEqual([2, expect.stringContaining('/0/name')])
})

test('after a change of one tag only the answers that were named are asked, of 10,000', async () => {
  const provider = await startFakeProvider()
  onTestFinished(() => provider.close())
  const before = shippedTags()
  const after = before.filter(({ id }) => id !== 36)
  const answers = Array.from({ length: 10_000 }, (_, index) => ({
    ...{ id: `d${index}`, text: `# Project ${index}\n\nIt routes packets.` },
    tags: index % 400 === 3 ? [36] : [57],
  }))
  const again = join(emptyFolder(), 'again.ndjson')
  const { stdout } = await runInProcess([
    ...['tags', 'check', written('list.json', after), '--before', written('before.json', before), '--again', again],
    ...['--answers', written('answers.ndjson', answers.map(line => JSON.stringify(line)).join('\n'))],
  ])
  expect(stdout).toContain('removed: 36\n25 of 10000 answers are worth asking again')
  const env = { OPENAI_BASE_URL: provider.url, OPENAI_MODEL: provider.dialect.model, UPSTREAM_BACKOFF_MS: '1' }
  const tagged = await runInProcess(
    ['tag', again, '--tags', written('after.json', after), '--to', join(emptyFolder(), 'out.ndjson')],
    { env },
  )
  expect([tagged.exitCode, provider.count()]).toEqual([0, 25])
})

test('an added tag names the answers whose words suggest it', async () => {
  const answers = ['It plays chess games against you.', 'It makes web sites.'].map((text, id) => ({
    id,
    text,
    tags: [1],
  }))
  const again = join(emptyFolder(), 'again.ndjson')
  await runInProcess([
    ...['tags', 'check', written('list.json', list), '--before', written('before.json', list.slice(0, 1))],
    ...['--answers', written('a.ndjson', answers.map(line => JSON.stringify(line)).join('\n')), '--again', again],
  ])
  expect(
    readFileSync(again, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line).id),
  ).toEqual([0])
})

test('calibrate tells how far confidences are off, and above which answers need no look', async () => {
  const documents = Array.from({ length: 400 }, (_, index) => {
    const confidence = 0.5 + (index % 50) / 100
    // Told 0.5 to 0.99, right from three of ten to nearly all.
    const isRight = (index * 37) % 100 < 100 * (1.4 * confidence - 0.4)
    return {
      id: `${index}`,
      given: ['36'],
      expected: [isRight ? '36' : '57'],
      acceptable: [],
      confidences: [confidence],
      ...{ endpoint: 'e', model: 'm', group: null },
    }
  })
  const of = { endpoint: 'e', model: 'm', prompt: 'p', tag_list: 'v', settings: 's' }
  const run = written('run.json', { version: 1, variants: [{ name: 'v', of, documents }] })
  const output = join(emptyFolder(), 'calibration.json')
  const { exitCode, stdout } = await runInProcess(['calibrate', run, '--error', '0.25', '--output', output])
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/review below 0\.\d+/)])
  const kept = () => JSON.parse(readFileSync(output, 'utf8')).calibrations
  expect(kept()).toMatchObject([{ of, pairs: 400, promise: { error: 0.25, wrong: expect.any(Number) } }])
  // The same engine once more, and another one beside it.
  await runInProcess(['calibrate', run, '--output', output])
  const others = documents.map(document => ({ ...document, model: 'other' }))
  const mixed = written('run.json', {
    variants: [{ name: 'v', of, documents: [...documents.slice(0, 20), ...others] }],
  })
  const second = await runInProcess(['calibrate', mixed], { env: { CALIBRATION_FILE: output } })
  expect(second.stdout).toContain('20 documents that another model answered are left out')
  expect(kept().map((one: { of: { model: string } }) => one.of.model)).toEqual(['m', 'other'])
  const strict = await runInProcess(['calibrate', run, '--error', '0.01', '--dry-run'])
  expect(strict.stdout).toContain('no threshold')
  expect(kept()).toHaveLength(2)
  const judged = (f1: number) => documents.map(document => ({ ...document, f1 }))
  const better = { name: 'model', of, documents: judged(0.9) }
  const both = written('run.json', { variants: [{ name: 'v', of, documents: judged(0.7) }, better] })
  const compared = await runInProcess(['calibrate', both, '--error', '0.25', '--dry-run'])
  expect(compared.stdout).toMatch(/in the place of model lose \d+\.\d points of set F1 over all texts/)
  const { settings: _, ...earlier } = of
  const old = written('run.json', { variants: [{ name: 'v', of: earlier, documents }] })
  expect((await runInProcess(['calibrate', old])).stderr).toContain('written by an earlier version')
  const none = await runInProcess(['calibrate', run, '--variant', 'other'])
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('it has: v')])
})

test('evaluate --learning tells what the ranker gains, with a learning curve', async () => {
  const some = readFileSync('test/fixtures/gold/invented-projects.jsonl', 'utf8').split('\n').slice(0, 69).join('\n')
  const { exitCode, stdout } = await runInProcess([
    ...['evaluate', written('gold.jsonl', some), '--learning'],
    ...['--answers', join(emptyFolder(), 'answers')],
  ])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/set F1 without \d+\.\d, with \d+\.\d: -?\d+\.\d points/)
  expect(stdout).toMatch(/^ +25 {3}/m)
})

test('feedback that was exported is imported by another service, and judges the same texts', async () => {
  const start = async () => {
    const { app } = await startService({ DATA_DIR: emptyFolder(), FEEDBACK_TEXTS: 'true' })
    return { url: await app.listen({ host: '127.0.0.1', port: 0 }), app }
  }
  const [one, other] = [await start(), await start()]
  const gold = [
    { id: 'a', text: '# A router\n\nIt routes packets.', tags: [36, 57], acceptable: [1] },
    { id: 'b', text: 'A poem about rain.', tags: [] },
  ]
  const file = written('gold.jsonl', gold.map(line => JSON.stringify(line)).join('\n'))
  const given = await runInProcess(['feedback', '--url', one.url, 'import', file, '--by', 'ada'])
  expect([given.exitCode, given.stderr]).toEqual([0, '2 given\n'])
  const exported = await runInProcess(['feedback', 'export'], { env: { TAGSMITH_URL: one.url } })
  expect(
    exported.stdout
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))
      .map(({ id }) => id)
      .sort(),
  ).toEqual(['a', 'b'])
  await runInProcess(['feedback', '--url', other.url, 'import', '-'], { stdin: exported.stdout })
  const { body } = await other.app.inject({ method: 'POST', url: '/classify', payload: { text: gold[0]!.text } })
  expect(JSON.parse(body).tags).toEqual([36, 57])
  const evaluated = await runInProcess(['evaluate', '-', '--answers', join(emptyFolder(), 'a')], {
    stdin: exported.stdout,
  })
  expect([evaluated.exitCode, evaluated.stdout]).toEqual([0, expect.stringContaining('2 documents')])
  const refused = await runInProcess(['feedback', '--url', one.url, 'import', '-'], {
    stdin: '{"text":"A tool.","tags":[4000]}',
  })
  expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('/accepted/0')])
})
