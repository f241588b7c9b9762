import { expect, test } from 'vitest'
import { mutualInformation } from './co-occurrence.ts'
import { readDescriptions } from './debian-descriptions.ts'
import { centre } from './embedding.ts'
import { factorize } from './factorization.ts'
import { symmetricEigen } from './symmetric-eigen.ts'
import { readVocabulary } from './vocabulary.ts'

const packages = `Package: otter
Source: river (1.0)
Tag: role::program, field::biology

Package: otter-data
Source: river

Package: heron
Tag: role::program

Package: newt
`
const paragraph = (name: string, text: string) =>
  `Package: ${name}\nDescription-en: ${text}\n ${text} body\n .\n second\n`
const translation = ['otter', 'otter-data', 'heron', 'newt', 'unknown']
  .map(name => paragraph(name, `about ${name}`))
  .join('\n')

test('leaves out every package whose source has a labelled one, and packages it does not know', () => {
  expect(readDescriptions(packages, translation)).toEqual([
    { summary: 'about heron', body: 'about heron body\n\nsecond' },
    { summary: 'about newt', body: 'about newt body\n\nsecond' },
  ])
})

/** Ten subjects of six words; each text is about one of them. */
const descriptions = Array.from({ length: 300 }, (_, index) => {
  const subject = 'abcdefghij'[index % 10]!
  const word = (step: number) => `${subject}word${'uvwxyz'[(index * 7 + step * step) % 6]}`
  return { summary: `${word(0)} ${word(1)}`, body: `${word(2)} ${word(3)} ${word(4)} everywhere` }
})

function train() {
  const vocabulary = readVocabulary(descriptions, 100)
  const vectors = factorize(mutualInformation(vocabulary.stream, vocabulary.words.length), 12)
  centre(vectors, vocabulary.frequencies)
  return { vocabulary, vectors }
}

test('training twice gives the same numbers', () => {
  expect(train()).toEqual(train())
})

test('words in one company are nearer than words of two', () => {
  const { vocabulary, vectors } = train()
  const row = (word: string) => {
    const at = vocabulary.words.indexOf(word)
    return vectors.values.subarray(at * vectors.columns, (at + 1) * vectors.columns)
  }
  const cosine = (left: string, right: string) => row(left).reduce((sum, value, at) => sum + value * row(right)[at]!, 0)
  expect(cosine('awordu', 'awordu')).toBeCloseTo(1, 6)
  expect(cosine('awordu', 'awordv')).toBeGreaterThan(cosine('awordu', 'bwordv') + 0.3)
  expect(vocabulary.bodyWeights[vocabulary.words.indexOf('everywhere')]).toBeLessThan(0.1)
})

test('finds the eigenvectors of a small symmetric matrix', () => {
  const { values, vectors } = symmetricEigen({ rows: 2, columns: 2, values: Float64Array.of(2, 1, 1, 2) })
  expect([...values].map(value => Math.round(value * 1e9) / 1e9)).toEqual([3, 1])
  expect(Math.abs(vectors[0]! / vectors[2]!)).toBeCloseTo(1, 9)
})
