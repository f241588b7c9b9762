import { describe, expect, test } from 'vitest'
import { createApiKey, findApiKey, readApiKeys } from '../../src/core/api-key.ts'

const made = createApiKey('indexer', { opens: ['classify', 'batch'], limits: { rate: 60, usd: 2.5 } })

test('a new key is found by its line, which does not hold it', () => {
  const { keys, faults } = readApiKeys(`# ours\n\n${made.line} # made today\n`)
  expect(faults).toEqual([])
  expect(findApiKey(keys, made.key)).toMatchObject({
    name: 'indexer',
    scopes: ['classify', 'batch'],
    limits: { rate: 60, usd: 2.5 },
  })
  expect(findApiKey(keys, `${made.key}x`)).toBeUndefined()
  expect(made.line).not.toContain(made.key)
})

describe('a line that cannot be read names its number and repeats nothing', () => {
  const hash = made.line.split(' ')[1]
  test.each([
    ['the key in place of its hash', `a ${made.key} classify`, /line 1 has no sha256/],
    ['no name', `${hash} classify`, /line 1 does not begin with a name/],
    ['no scope', `a ${hash}`, /line 1 has a scope/],
    ['an unknown scope', `a ${hash} classify,root`, /line 1 has a scope/],
    ['an unknown limit', `a ${hash} classify speed=1`, /line 1 has a limit/],
    ['a limit of nothing', `a ${hash} classify rate=0`, /line 1 has a limit/],
    ['a name twice', `${made.line};${made.line}`, /comes twice/],
  ])('%s', (_, line, fault) => {
    const { faults } = readApiKeys(line)
    expect(faults).toEqual([expect.stringMatching(fault)])
    expect(faults.join()).not.toContain(made.key)
  })
})
