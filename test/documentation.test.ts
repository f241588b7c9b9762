import { spawn } from 'node:child_process'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { ended, someLines, startBatchService } from './support/batch-service.ts'
import { readersFolder } from './support/readers-folder.ts'
import { bareEnvironment } from './support/server-process.ts'

const top = resolve(import.meta.dirname, '..')
const pages = ['README.md', ...globSync('docs/*.md', { cwd: top }).sort()]
const read = (page: string) => readFileSync(join(top, page), 'utf8')
const scripts = Object.keys(JSON.parse(read('package.json')).scripts)

interface Snippet {
  readonly language: string
  readonly text: string
  /** What follows it, where that is a snippet of JSON. */
  readonly answer: string | undefined
}

function snippetsOf(page: string): Snippet[] {
  const found = [...read(page).matchAll(/^```(\w*)\n([\s\S]*?)^```$(?:\n\n```json\n([\s\S]*?)^```$)?/gm)]
  return found.map(([, language = '', text = '', answer]) => ({ language, text, answer }))
}

async function runShell(script: string, folder: string, env: Record<string, string>) {
  const child = spawn('bash', ['-c', `set -e -o pipefail\n${script}`], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const code = new Promise<number | null>(done => child.once('close', done))
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)])
  return { code: await code, stdout, stderr }
}

/** What differs from run to run, or with the texts of this test, is left out. */
const shapeOf = (lines: string) =>
  lines
    .trim()
    .split('\n')
    .map(line => Object.keys(JSON.parse(line)).sort().join())
    .sort()

test.each(pages.filter(page => snippetsOf(page).some(({ language }) => language === 'sh')))(
  'the commands of %s run as they are written',
  async page => {
    const { folder, path } = await readersFolder()
    const { url, submit, until, provider } = await startBatchService()
    const { body: batch } = await submit(someLines(3))
    await until(batch.id, ended)
    const env = {
      ...bareEnvironment(),
      ...{ PATH: path, HOME: folder, TAGSMITH_URL: url, KEY: 'tagsmith_key', PORT: '0', SHUTDOWN_DELAY_MS: '0' },
      ...{ OPENAI_BASE_URL: provider.url, OPENAI_MODEL: 'fake-model', DATA_DIR: join(folder, 'data') },
    }
    for (const { language, text: written, answer } of snippetsOf(page)) {
      if (language !== 'sh') continue
      const script = written
        .replaceAll('localhost:3000', new URL(url).host)
        .replaceAll('batch_…', batch.id)
        .replaceAll('sk-…', 'sk-test')
        .replaceAll('OPENAI_BASE_URL=… ', '')
        .replaceAll('OPENAI_MODEL=… ', '')
      const { code, stdout, stderr } = await runShell(script, folder, env)
      expect({ written, code, stderr: code === 0 ? '' : stderr }).toEqual({ written, code: 0, stderr: '' })
      if (answer !== undefined) expect([written, shapeOf(stdout)]).toEqual([written, shapeOf(answer)])
    }
  },
  300_000,
)

test('the recipes for cron, make and GitHub Actions run as they are written', async () => {
  const recipes = new Map(snippetsOf('docs/recipes.md').map(({ language, text }) => [language, text]))
  const workflow = parse(recipes.get('yaml')!) as { jobs: { tag: { steps: { run?: string }[] } } }
  const steps = workflow.jobs.tag.steps.flatMap(({ run = [] }) => run).join('\n')
  const cron = recipes
    .get('cron')!
    .replace(/^(\S+ ){5}/, '')
    .replace('$HOME/catalogue', '.')
  for (const [what, script] of [
    ['cron', cron],
    ['make', 'make -f tags.mk'],
    ['actions', steps],
  ] as const) {
    const { folder, path } = await readersFolder()
    writeFileSync(join(folder, 'tags.mk'), recipes.get('make')!)
    const night = () => runShell(script, folder, { ...bareEnvironment(), PATH: path, HOME: folder })
    const { code, stderr } = await night()
    expect({ what, code, stderr: code === 0 ? '' : stderr }).toEqual({ what, code: 0, stderr: '' })
    expect(readFileSync(join(folder, 'tags.csv'), 'utf8').split('\n')).toHaveLength(4)
    writeFileSync(join(folder, 'readmes/logo.png'), Buffer.from('89504e470d0a1a0a0000000d', 'hex'))
    const failed = await night()
    const said = `${failed.stdout}${failed.stderr}`
    // Cron mails what is said, and the others go by the exit code.
    expect([what, failed.code === 0]).toEqual([what, what === 'cron'])
    expect(said).toContain('1 items without an answer are in tags.csv.failed')
    if (what === 'cron') expect(stderr).toBe('')
    if (what === 'make') expect((await night()).code).not.toBe(0)
  }
}, 120_000)

test('every link of the pages leads somewhere, and every script and setting that they name is there', () => {
  const settings = read('.env.example')
  for (const page of pages) {
    for (const [, target] of read(page).matchAll(/\]\((?!https?:)([^)#\s]+)/g))
      expect([page, target, existsSync(resolve(top, dirname(page), target!))]).toEqual([page, target, true])
    for (const [, script] of read(page).matchAll(/npm run (?:--silent )?([\w:-]+)/g)) expect(scripts).toContain(script)
    for (const [, setting] of read(page).matchAll(/`([A-Z]{3,}(?:_[A-Z]+)+)(?:=[^`]*)?`/g))
      if (!/^(TAGSMITH_|NODE_|NO_|HTTPS_|OTEL_|OLLAMA_|POSTGRES_)/.test(setting!))
        expect([page, setting, settings.includes(setting!)]).toEqual([page, setting, true])
  }
})

test('the README is one page', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(151)
})
