import { expect, test } from 'vitest'
import { createKnownAnswers, type KnownAnswer } from '../../src/answers/answer-cache.ts'
import type { ReadRequest } from '../../src/core/model/task.ts'

const answerOf = (id: string): KnownAnswer => ({
  tags: [{ id, confidence: null }],
  model: 'm',
  endpoint: 'e',
  format: { type: 'json_schema', strict: true, enum: true, omitted: [], reply_with: 'names', enforced: true },
  dropped: Array.from({ length: 20 }, () => ({ reason: 'unknown', id: 'x'.repeat(4_000) })),
  candidates: { shown: 1, listed: 1, basis: 'whole_list', text_read: null },
})

test('answers in memory are bounded by what they hold, and not only by their number', () => {
  const memory = createKnownAnswers({ entries: 1_000, lifetime: 60_000, settings: [] })
  const request = { tagList: { byId: new Map([['1', { name: 'cli' }]]) } } as unknown as ReadRequest
  for (let key = 0; key < 1_000; key += 1) memory.keep(String(key), answerOf('1'))
  const kept = Array.from({ length: 1_000 }, (_, key) => memory.recall(String(key), request)).filter(Boolean)
  expect(kept.length).toBeGreaterThan(10)
  expect(kept.length).toBeLessThan(50)
})
