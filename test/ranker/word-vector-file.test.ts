import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadWordVectors, shippedWordVectors } from '../../src/ranker/meaning/word-vectors.ts'

const vectors = loadWordVectors()

function kinship(left: string, right: string): number {
  const [first, second] = [left, right].map(word => {
    const sum = new Float64Array(vectors.dimensions)
    expect(vectors.add(word, 1, sum)).toBe(true)
    return sum
  })
  const product = (one: Float64Array, other: Float64Array) =>
    one.reduce((sum, value, at) => sum + value * other[at]!, 0)
  return product(first!, second!) / Math.sqrt(product(first!, first!) * product(second!, second!))
}

test('the shipped file takes at most 3 MB', () => {
  expect(statSync(shippedWordVectors).size).toBeLessThanOrEqual(3_000_000)
})

test('the page beside it tells how to make these very bytes', () => {
  const page = readFileSync('src/ranker/meaning/word-vectors.md', 'utf8')
  expect(page).toContain(createHash('sha256').update(readFileSync(shippedWordVectors)).digest('hex'))
})

test('kin words are nearer than unrelated ones', () => {
  expect(kinship('packet', 'network')).toBeGreaterThan(kinship('packet', 'font') + 0.1)
  expect(kinship('compiler', 'language')).toBeGreaterThan(kinship('compiler', 'video') + 0.1)
})

test('common words tell less than rare ones', () => {
  expect(vectors.bodyWeight('package')).toBeLessThan(vectors.bodyWeight('firewall')!)
})

test('a missing file is an error that names it', () => {
  expect(() => loadWordVectors('/nowhere/words.bin')).toThrow('/nowhere/words.bin')
})
