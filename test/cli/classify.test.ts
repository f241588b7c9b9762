import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { emptyFolder } from '../support/command.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { runInProcess } from '../support/terminal.ts'

const readme = fileURLToPath(new URL('../fixtures/documents/retis-readme.md', import.meta.url))

describe('tagsmith classify', () => {
  test('tags a file', async () => {
    const { exitCode, stdout, stderr } = await runInProcess(['classify', readme, '--id', '12523'])
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toEqual({ id: '12523', tags: expect.arrayContaining([36]) })
    expect(stdout.endsWith('}\n')).toBe(true)
  })

  test('tags what comes in on stdin', async () => {
    const { exitCode, stdout } = await runInProcess(['classify', '-'], {
      stdin: '# Server\n\nThis server answers GraphQL queries over your GraphQL schema.',
    })
    expect([exitCode, JSON.parse(stdout)]).toEqual([0, { id: null, tags: expect.arrayContaining([23]) }])
  })

  test('takes its list from a file', async () => {
    const list = join(emptyFolder(), 'list.json')
    writeFileSync(list, '[{"id":"net","name":"networking"},{"id":"db","name":"database"}]')
    const { stdout } = await runInProcess(['classify', readme, '--tags', list, '--max-tags', '1', '--details'])
    expect(JSON.parse(stdout)).toMatchObject({ tags: ['net'], details: { outcome: 'ok', max_tags: 1 } })
  })

  test('asks the model of the environment', async () => {
    const provider = await startFakeProvider({ choose: () => ['networking', 'observability', 'monitoring'] })
    onTestFinished(() => provider.close())
    const env = { OPENAI_BASE_URL: provider.url, OPENAI_MODEL: 'fake-model', OPENAI_API_KEY: 'fake' }
    const { stdout } = await runInProcess(['classify', readme, '--id', '12523'], { env })
    expect(stdout).toBe('{"id":"12523","tags":[36,57,18]}\n')
  })

  test('asks the endpoint that is named, and no other', async () => {
    const provider = await startFakeProvider()
    onTestFinished(() => provider.close())
    const env = { OPENAI_BASE_URL: provider.url, OPENAI_MODEL: 'fake-model', FALLBACK_TO_RANKER: 'true' }
    const flags = ['--endpoint', 'embedded-ranker', '--details']
    const { stdout } = await runInProcess(['classify', readme, ...flags], { env })
    expect(JSON.parse(stdout)).toMatchObject({ details: { endpoint: 'embedded-ranker' } })
    expect(provider.count()).toBe(0)
  })

  test('several texts get a line each, and one that fails keeps no other from its answer', async () => {
    const { exitCode, stdout, stderr } = await runInProcess(['classify', readme, '/nowhere.md', readme])
    const [first, second, ...rest] = stdout.trimEnd().split('\n')
    expect([second, rest]).toEqual([first, []])
    expect(JSON.parse(first!)).toMatchObject({ id: readme, tags: expect.arrayContaining([36]) })
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/^\/nowhere\.md: .*ENOENT/)])
  })

  test.each<[what: string, args: string[], says: RegExp]>([
    ['a file that is not there', ['classify', '/nowhere.md'], /ENOENT.*\/nowhere\.md/],
    ['an id for several texts', ['classify', readme, readme, '--id', '1'], /--id is for one text/],
    ['no file', ['classify'], /missing required argument 'files'/],
    ['a flag that is not known', ['classify', '-', '--temperature', '1'], /unknown option '--temperature'/],
    ['a number that is none', ['classify', '-', '--max-tags', 'many'], /--max-tags.*not a whole number/],
    ['a number out of range', ['classify', '-', '--max-tags', '99'], /invalid_request.*\n.*\/max_tags/],
    ['a command that is not there', ['tagg'], /unknown command 'tagg'/],
    ['a list that is none', ['classify', '-', '--tags', readme], /not valid JSON/],
    ['an endpoint that is not there', ['classify', '-', '--endpoint', 'nope'], /choose one of embedded-ranker/],
    ['a prompt that is not there', ['classify', '-', '--prompt', 'nope'], /unknown_prompt/],
  ])('%s is exit code 2', async (_, args, says) => {
    const { exitCode, stdout, stderr } = await runInProcess(args, { stdin: 'A router.' })
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(says)
  })

  test('a blank text is exit code 2, a model that fails is exit code 1', async () => {
    expect(await runInProcess(['classify', '-'], { stdin: ' ' })).toMatchObject({ exitCode: 2, stdout: '' })
    const env = { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', OPENAI_MODEL: 'm', UPSTREAM_ATTEMPTS: '1' }
    const { exitCode, stderr } = await runInProcess(['classify', '-'], { env, stdin: 'A router.' })
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining('upstream_unavailable: The model endpoint at OPENAI_BASE_URL'),
    ])
  })

  test('--help and --version are data', async () => {
    expect(await runInProcess(['classify', '--help'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Exit codes'),
    })
    expect(await runInProcess(['--version'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
  })
})
