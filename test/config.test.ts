import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Environment, loadConfig } from '../src/config.ts'
import { createApiKey } from '../src/core/api-key.ts'
import { ConfigError } from '../src/core/faults.ts'
import { asPowerShellWrites } from './support/encodings.ts'

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

test('nothing set is a whole configuration, and an empty string is nothing set', () => {
  const empty = Object.fromEntries(Object.keys(Environment.shape).map(key => [key, '']))
  expect(loadConfig(empty)).toEqual(loadConfig({}))
  expect(loadConfig({})).toMatchObject({ HOST: '127.0.0.1', PORT: 3000, PROMPT: 'assign-tags', upstreams: [] })
})

test('a configuration cannot be changed', () => {
  expect(Object.isFrozen(loadConfig({}))).toBe(true)
})

describe('whom to ask', () => {
  test.each([
    [
      { OPENAI_API_KEY: 'k', OPENAI_MODEL: 'm' },
      { baseUrl: 'https://api.openai.com/v1', apiKey: 'k', model: 'm', api: 'chat' },
    ],
    [
      { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', OPENAI_MODEL: 'm' },
      { baseUrl: 'http://127.0.0.1:1/v1', apiKey: undefined, model: 'm', api: 'chat' },
    ],
    [
      { OPENAI_API_KEY: 'k', OPENAI_MODEL: 'm', OPENAI_API: 'decisions' },
      { baseUrl: 'https://api.openai.com/v1', apiKey: 'k', model: 'm', api: 'decisions' },
    ],
  ])('%j', (env, upstream) => {
    expect(loadConfig(env).upstreams).toEqual([upstream])
  })

  test.each([
    [{ OPENAI_API_KEY: 'k', OPENAI_MODEL: 'm', OPENAI_API: 'decide' }, 'OPENAI_API: is none of chat, decisions'],
    [{ OPENAI_API: 'decisions' }, 'OPENAI_API: is set, but nothing says whom to ask'],
    [
      { OPENAI_MODEL: 'm', OPENAI_BASE_URL: 'http://127.0.0.1:1/v1/systemone' },
      'OPENAI_BASE_URL: ends in the path that is added to it by itself; leave out /systemone',
    ],
  ])('%j is refused in words', (env, fault) => {
    expect(faultsOf(env)).toEqual([expect.stringContaining(fault)])
  })

  test('a key may stand in a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'tagsmith-')), 'key')
    writeFileSync(file, 'from-file\n')
    expect(loadConfig({ OPENAI_API_KEY_FILE: file, OPENAI_MODEL: 'm' }).upstreams[0]?.apiKey).toBe('from-file')
    expect(faultsOf({ OPENAI_API_KEY_FILE: file, OPENAI_API_KEY: 'k', OPENAI_MODEL: 'm' })).toEqual([
      expect.stringContaining('set one of them'),
    ])
    expect(faultsOf({ OPENAI_API_KEY_FILE: `${file}-not`, OPENAI_MODEL: 'm' })).toEqual([
      expect.stringContaining('ENOENT'),
      expect.stringContaining('OPENAI_MODEL'),
    ])
  })
})

test.each<[what: string, bytes: Buffer]>([
  ['with a byte order mark', Buffer.from('\uFEFFfrom-file\r\n')],
  ['in UTF-16, as PowerShell writes it', asPowerShellWrites('from-file\n')],
  ['in UTF-16, big end first', asPowerShellWrites('from-file\n').swap16()],
])('a key file %s is read', (_, bytes) => {
  const file = join(mkdtempSync(join(tmpdir(), 'tagsmith-')), 'key')
  writeFileSync(file, bytes)
  expect(loadConfig({ OPENAI_API_KEY_FILE: file, OPENAI_MODEL: 'm' }).upstreams[0]?.apiKey).toBe('from-file')
})

test('a file of API keys that PowerShell appended to is read, and one that is no text is named', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'tagsmith-')), 'keys')
  const lines = ['indexer', 'operator'].map(name => createApiKey(name, { opens: ['classify'], limits: {} }).line)
  writeFileSync(file, asPowerShellWrites(`${lines.join('\n')}\n`))
  expect(loadConfig({ API_KEYS_FILE: file }).apiKeys.map(({ name }) => name)).toEqual(['indexer', 'operator'])
  writeFileSync(file, Buffer.from('SECRET é', 'latin1'))
  const faults = faultsOf({ API_KEYS_FILE: file }).join()
  expect(faults).toMatch(/^API_KEYS_FILE: The file is not valid UTF-8/)
  expect(faults).not.toContain('SECRET')
})

describe('a setting of an endpoint that cannot work stops the start, by its name and without its value', () => {
  const url = 'http://127.0.0.1:1/v1'
  test.each<[what: string, env: Record<string, string>, fault: RegExp]>([
    ['the dots of the README', { OPENAI_API_KEY: 'sk-…' }, /^OPENAI_API_KEY: .*placeholder/],
    ['three dots', { OPENAI_API_KEY: 'sk-...' }, /^OPENAI_API_KEY: .*placeholder/],
    ['a word in angle brackets', { OPENAI_API_KEY: '<your key>' }, /^OPENAI_API_KEY: .*placeholder/],
    ['a Cyrillic letter', { OPENAI_API_KEY: 'sk-\u0430bcdef' }, /^OPENAI_API_KEY: its character 4 .*U\+0430/],
    ['an ellipsis inside', { OPENAI_API_KEY: 'sk-abc…def' }, /^OPENAI_API_KEY: its character 7 .*ellipsis/],
    ['a zero-width space', { OPENAI_API_KEY: 'sk-abc\u200bdef' }, /^OPENAI_API_KEY: .*zero-width space/],
    ['a zero-width space at the end', { OPENAI_API_KEY: 'sk-abc\u200b' }, /^OPENAI_API_KEY: .*zero-width space/],
    ['a no-break space', { OPENAI_API_KEY: 'sk-abc\u00a0def' }, /^OPENAI_API_KEY: .*no-break space/],
    ['a line break', { OPENAI_API_KEY: 'sk-abc\ndef' }, /^OPENAI_API_KEY: .*line break/],
    ['two keys', { OPENAI_API_KEY: 'sk-abc sk-def' }, /^OPENAI_API_KEY: .*a space/],
    ['the scheme of the header', { OPENAI_API_KEY: 'Bearer sk-abc' }, /^OPENAI_API_KEY: .*Bearer/],
    ['quotation marks', { OPENAI_API_KEY: '"sk-abc"' }, /^OPENAI_API_KEY: .*quotation marks/],
    ['a name in the address', { OPENAI_BASE_URL: 'http://user:pass@127.0.0.1:1/v1' }, /^OPENAI_BASE_URL: .*password/],
    ['a line break in the address', { OPENAI_BASE_URL: 'http://127.0.0.1:1\n/v1' }, /^OPENAI_BASE_URL: .*line break/],
    ['a zero-width space in the path', { OPENAI_BASE_URL: `${url}\u200b` }, /^OPENAI_BASE_URL: .*zero-width space/],
    ['a query', { OPENAI_BASE_URL: `${url}?api-version=1` }, /^OPENAI_BASE_URL: .*query/],
    ['the path of the endpoint', { OPENAI_BASE_URL: `${url}/chat/completions` }, /^OPENAI_BASE_URL: .*leave out/],
    ['a zero-width space in the model', { OPENAI_MODEL: 'gpt\u200b-5' }, /^OPENAI_MODEL: .*zero-width space/],
    ['a tab in the model', { OPENAI_MODEL: 'gpt\t5' }, /^OPENAI_MODEL: .*a tab/],
  ])('%s', (_, env, fault) => {
    const first = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: url, OPENAI_MODEL: 'm' }
    expect(faultsOf({ ...first, ...env })).toEqual([expect.stringMatching(fault)])
    expect(faultsOf({ ...first, ...env }).join()).not.toMatch(/sk-[abc]|pass@/)
    const second = Object.fromEntries(Object.entries({ ...first, ...env }).map(([name, value]) => [`${name}_2`, value]))
    expect(faultsOf({ ...first, ...second })[0]).toContain(`${Object.keys(env)[0]}_2: `)
  })

  test('a key in a file is named by the setting of the file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'tagsmith-')), 'key')
    writeFileSync(file, 'sk-abc\nsk-def\n')
    expect(faultsOf({ OPENAI_API_KEY_FILE: file, OPENAI_MODEL: 'm' })).toEqual([
      expect.stringMatching(/^OPENAI_API_KEY_FILE: .*line break/),
    ])
  })

  test.each([
    ['a stand-in for a key', { OPENAI_API_KEY: 'none' }],
    ['a key with all that keys are made of', { OPENAI_API_KEY: 'id.secret_A-z0+9/=~:@' }],
    ['a name of another script in the address', { OPENAI_BASE_URL: 'http://modèle.test/v1' }],
    ['an address with spaces around it', { OPENAI_BASE_URL: ` ${url} ` }],
    ['a model with a colon, a slash and a space', { OPENAI_MODEL: 'Qwen/Qwen3 8B:free' }],
  ])('%s can work', (_, env) => {
    expect(faultsOf({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: url, OPENAI_MODEL: 'm', ...env })).toEqual([])
  })
})

test('endpoints are asked in order, so none may be left out', () => {
  const first = { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', OPENAI_MODEL: 'a' }
  const second = { OPENAI_BASE_URL_2: 'http://127.0.0.1:2/v1', OPENAI_MODEL_2: 'b' }
  expect(loadConfig({ ...first, ...second }).upstreams.map(({ model }) => model)).toEqual(['a', 'b'])
  expect(faultsOf(second)).toEqual([expect.stringContaining('OPENAI_MODEL: is not set')])
  expect(faultsOf({ ...first, OPENAI_API_KEY_2: 'k' })).toEqual([expect.stringContaining('OPENAI_MODEL_2: is not set')])
})

describe('the times of what is asked', () => {
  const local = { OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1', OPENAI_MODEL: 'a' }
  const remote = { OPENAI_API_KEY: 'k', OPENAI_MODEL: 'a' }
  const remoteSecond = { OPENAI_BASE_URL_2: 'https://api.example.com/v1', OPENAI_MODEL_2: 'b' }
  const localSecond = { OPENAI_BASE_URL_2: 'http://ollama:11434/v1', OPENAI_MODEL_2: 'b' }

  test.each<[string, Record<string, string>, number, number[]]>([
    ['no model', {}, 60_000, []],
    ['one behind a public address', remote, 60_000, [30_000]],
    ['one on this machine, which may first have to be loaded', local, 600_000, [300_000]],
    ['a local one behind a remote one', { ...remote, ...localSecond }, 600_000, [30_000, 300_000]],
    ['a remote one behind a local one', { ...local, ...remoteSecond }, 600_000, [300_000, 30_000]],
    ['what is set holds for all', { ...local, ...remoteSecond, UPSTREAM_TIMEOUT_MS: '7000' }, 600_000, [7_000, 7_000]],
    ['what is set for the request', { ...local, REQUEST_TIMEOUT_MS: '9000' }, 9_000, [300_000]],
  ])('%s', (_what, env, request, calls) => {
    const { REQUEST_TIMEOUT_MS, upstreamTimes } = loadConfig(env)
    expect([REQUEST_TIMEOUT_MS, upstreamTimes.map(({ callTime }) => callTime)]).toEqual([request, calls])
  })
})

test('one error names every bad key and repeats no value', () => {
  const faults = faultsOf({
    PORT: '70000',
    LOG_LEVEL: 'SECRET',
    OPENAI_BASE_URL: 'SECRET',
    UPSTREAM_ATTEMPTS: 'SECRET',
    OPENAI_API_KEY: 'SECRET',
  })
  expect(faults.map(fault => fault.split(':')[0])).toEqual([
    'PORT',
    'LOG_LEVEL',
    'OPENAI_BASE_URL',
    'UPSTREAM_ATTEMPTS',
    'OPENAI_MODEL',
  ])
  expect(faults.join()).not.toContain('SECRET')
  expect(faultsOf({ OPENAI_MODEL: 'm' })).toEqual([expect.stringContaining('OPENAI_BASE_URL')])
})

test('.env.example has one line for each key, in the same order', () => {
  const lines = readFileSync(new URL('../.env.example', import.meta.url), 'utf8').split('\n')
  const keys = lines.filter(line => /^[A-Z_0-9]+=/.test(line)).map(line => line.split('=')[0])
  expect(keys).toEqual(Object.keys(Environment.shape))
})

test.each([
  [{ DATABASE_URL: 'postgres://u@h/d', BATCH_LEASE_MS: '999' }, /^BATCH_LEASE_MS: is under 1000, .*set 1000 or more$/],
])('a lease that replicas could not renew in time is refused: %j', (env, fault) => {
  expect(faultsOf(env)).toEqual([expect.stringMatching(fault)])
})

test('a lease for this process alone, or one that can be renewed, is taken with any grace time', () => {
  const url = { DATABASE_URL: 'postgres://u@h/d' }
  for (const SHUTDOWN_TIMEOUT_MS of ['0', '3600000']) {
    expect(loadConfig({ SHUTDOWN_TIMEOUT_MS, BATCH_LEASE_MS: '300' }).BATCH_LEASE_MS).toBe(300)
    expect(loadConfig({ ...url, SHUTDOWN_TIMEOUT_MS, BATCH_LEASE_MS: '1000' }).BATCH_LEASE_MS).toBe(1_000)
  }
})

describe('the embeddings beside the ranker', () => {
  test('are those of the model that is named, without a key where none is set', () => {
    const set = { RANKER_EMBEDDINGS_MODEL: 'nomic-embed-text', RANKER_EMBEDDINGS_URL: 'http://127.0.0.1:11434/v1' }
    const { embeddings } = loadConfig(set)
    expect(embeddings).toEqual({
      ...{ baseUrl: 'http://127.0.0.1:11434/v1', apiKey: undefined, model: 'nomic-embed-text', timeout: 10_000 },
    })
    expect(loadConfig({}).embeddings).toBeUndefined()
  })

  test.each([
    ['a key without a model', { RANKER_EMBEDDINGS_KEY: 'secret-key' }, 'RANKER_EMBEDDINGS_MODEL: is not set'],
    [
      'an address with the path that is added by itself',
      { RANKER_EMBEDDINGS_MODEL: 'any', RANKER_EMBEDDINGS_URL: 'http://127.0.0.1/v1/embeddings' },
      'RANKER_EMBEDDINGS_URL: ends in the path that is added to it by itself; leave out /embeddings',
    ],
    [
      'a key with a space',
      { RANKER_EMBEDDINGS_MODEL: 'any', RANKER_EMBEDDINGS_KEY: 'secret key' },
      'RANKER_EMBEDDINGS_KEY: its character 7',
    ],
  ])('%s is a fault that repeats no secret', (_, env, fault) => {
    const faults = faultsOf(env)
    expect(faults).toEqual([expect.stringContaining(fault)])
    expect(faults.join()).not.toContain('secret')
  })
})
