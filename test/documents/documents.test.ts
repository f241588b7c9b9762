import { expect, test } from 'vitest'
import { createDocuments } from '../../src/documents/documents.ts'

const documents = () => createDocuments({ textBudget: 2_000 })
const reduced = { reduce: true }
const badge = (version: string) => `# Router\n\n![badge](https://img.example/${version}.svg)\n\nRoutes requests.\n`

test('a document that was seen before is what it was', () => {
  const { read } = documents()
  const [first, again] = [read(badge('1'), reduced), read(badge('1'), reduced)]
  expect(first.text()).toBe('# Router\n\nRoutes requests.')
  expect({ ...again, text: again.text() }).toEqual({ ...first, text: first.text() })
  expect(again.coverage.cut).toEqual(['images'])
})

test('documents that reduce to the same have the same digest, others have not', () => {
  const { read } = documents()
  const digests = [badge('1'), badge('2'), `${badge('1')}Fast.`].map(text => read(text, reduced).digest)
  expect(digests[1]).toBe(digests[0])
  expect(digests[2]).not.toBe(digests[0])
})

test('a document that is not reduced stays as it came, also when it was reduced before', () => {
  const { read } = documents()
  read(badge('1'), reduced)
  const { text, coverage } = read(badge('1'), { reduce: false })
  expect(text()).toBe(badge('1'))
  expect(coverage.cut).toEqual([])
})

test('one that says nothing is refused each time', () => {
  const { read } = documents()
  const unusable = expect.objectContaining({ code: 'unusable_text' })
  for (let turn = 0; turn < 2; turn += 1) {
    expect(() => read('![](https://img.example/a.svg)\n---', reduced)).toThrow(unusable)
    expect(() => read('---', { reduce: false })).toThrow(unusable)
  }
})
