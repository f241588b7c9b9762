import { expect, test } from 'vitest'
import type { FeedbackRow } from '../../src/core/stores/feedback-store.ts'
import { findingOf } from '../../src/quality/verdicts.ts'
import { listOf } from '../support/tag-lists.ts'

const list = listOf([1, 2, 3, '7'].map(id => ({ id, name: `tag ${id}` })))
const said = (reviewer: string, verdict: object): FeedbackRow => ({
  ...{ key: 'k', scope: 's', textHash: 'h', reviewer, documentId: null, prompt: 'p', tagList: 'v', excerpt: '' },
  ...{ content: null, changedAt: 0 },
  verdict: JSON.stringify({ accepted: [], rejected: [], missing: [], none: false, ...verdict }),
})

const cases: [
  string,
  FeedbackRow[],
  { answer?: unknown; rejected?: string[]; contradicted?: string[]; asleep?: string[] },
][] = [
  ['accepted and missing tags are the answer', [said('', { accepted: [2], missing: [1] })], { answer: [2, 1] }],
  ['rejections alone leave the answer open', [said('', { rejected: [1, 2] })], { rejected: ['1', '2'] }],
  ['nothing fits is an answer', [said('', { none: true })], { answer: [] }],
  ['a tag that left the list is left out', [said('', { accepted: [2, 99], rejected: [98] })], { answer: [2] }],
  ['feedback on tags that all left the list sleeps', [said('a', { accepted: [99] })], { asleep: ['a'] }],
  ['an id is found by its spelling and answered as the list has it', [said('', { accepted: [7] })], { answer: ['7'] }],
  [
    'two people of one mind, in another order, are used',
    [said('a', { accepted: [1, 2] }), said('b', { accepted: [2], missing: [1] })],
    { answer: [1, 2] },
  ],
  [
    'two people with two answers contradict each other, and no answer is used',
    [said('a', { accepted: [1] }), said('b', { accepted: [2] })],
    { contradicted: ['a', 'b'] },
  ],
  [
    'a tag that one accepts and another rejects is neither',
    [said('a', { accepted: [1] }), said('b', { rejected: [1, 3] })],
    { contradicted: ['a', 'b'], rejected: ['3'] },
  ],
  [
    'one who sleeps contradicts nobody',
    [said('a', { accepted: [99] }), said('b', { accepted: [1] })],
    { answer: [1], asleep: ['a'] },
  ],
]

test.each(cases)('%s', (_, rows, { answer, rejected = [], contradicted = [], asleep = [] }) => {
  const found = findingOf(rows, list)
  expect(found).toEqual({
    answer,
    rejected: new Set(rejected),
    contradicted: new Set(contradicted),
    asleep: new Set(asleep),
  })
})
