import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Environment, loadConfig } from '../src/config.ts'
import { ConfigError } from '../src/domain/config-error.ts'

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
      { baseUrl: 'https://api.openai.com/v1', apiKey: 'k', model: 'm' },
    ],
    [
      { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', OPENAI_MODEL: 'm' },
      { baseUrl: 'http://127.0.0.1:1/v1', apiKey: undefined, model: 'm' },
    ],
  ])('%j', (env, upstream) => {
    expect(loadConfig(env).upstreams).toEqual([upstream])
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

test('endpoints are asked in order, so none may be left out', () => {
  const first = { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', OPENAI_MODEL: 'a' }
  const second = { OPENAI_BASE_URL_2: 'http://127.0.0.1:2/v1', OPENAI_MODEL_2: 'b' }
  expect(loadConfig({ ...first, ...second }).upstreams.map(({ model }) => model)).toEqual(['a', 'b'])
  expect(faultsOf(second)).toEqual([expect.stringContaining('OPENAI_MODEL: is not set')])
  expect(faultsOf({ ...first, OPENAI_API_KEY_2: 'k' })).toEqual([expect.stringContaining('OPENAI_MODEL_2: is not set')])
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
