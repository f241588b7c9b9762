import { expect, test } from 'vitest'
import { readDescriptions } from './debian-descriptions.ts'
import { everydayWords, wordsOf } from './vocabulary.ts'
import { readSynsets } from './wordnet.ts'

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

test('words that stand in every description tell little, rare ones are left out', () => {
  const descriptions = Array.from({ length: 60 }, (_, at) => ({
    summary: at % 2 === 0 ? 'otters everywhere' : 'herons everywhere',
    body: at === 0 ? 'one beaver' : 'the river of the 7 herons',
  }))
  const words = wordsOf(descriptions, 10)
  expect(words.map(({ word }) => word)).toEqual(['heron', 'everywhere', 'river', 'otter'])
  const told = new Map(words.map(row => [row.word, row]))
  expect(told.get('everywhere')!.body).toBeLessThan(0.1)
  expect(told.get('otter')!.body).toBeGreaterThan(0.1)
  expect(wordsOf(descriptions, 1)).toHaveLength(1)
})

test('everyday words are those of the lists that are not known: frequent ones first, then those that texts have most', () => {
  const words = everydayWords(
    {
      lists: [
        { size: 50, words: ['heath', 'weir', 'rare'] },
        { size: 20, words: ['gardens', 'parcels', 'whisk', 'tyre', 'known'] },
      ],
      pieces: ['[CLS]', '##ing', 'known', 'paris', 'garden', 'heath'],
      texts: [['whisk', 'egg'], ['tyre'], ['tyre', 'tyre'], ['tyre', 'parcel'], ['whisk']],
    },
    new Set(['known']),
    5,
  )
  expect(words.map(({ word }) => word)).toEqual(['garden', 'heath', 'tyre', 'whisk', 'parcel'])
  expect(words.every(({ body, name }) => body > 0 && body <= 1 && name === body)).toBe(true)
})

test('reads words, definition and examples of a synset, and passes over the licence above them', () => {
  const file = [
    '  1 This software and database is being provided to you',
    '13352213 21 n 02 refund 0 repayment_of_money(p) 0 001 @ 13278375 n 0000 | money returned to a payer; "ask for a refund"; "a full one"',
    '',
  ].join('\n')
  expect(readSynsets(file)).toEqual([
    {
      words: ['refund', 'repayment of money'],
      definition: 'money returned to a payer',
      examples: ['ask for a refund', 'a full one'],
    },
  ])
})
