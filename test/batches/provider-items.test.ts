import { expect, test } from 'vitest'
import type { PostponedQuestion } from '../../src/batches/provider/postponed-questions.ts'
import { type ArrivedReply, createProviderItems } from '../../src/batches/provider/provider-items.ts'
import { createSettingFaults } from '../../src/batches/run/probes.ts'
import type { LeasedItem } from '../../src/core/stores/batch-store.ts'
import { unknownUsage } from '../../src/core/usage.ts'
import { judge } from '../../src/endpoints/index.ts'

test('of a long reply that is asked about, no character is kept by half', async () => {
  const { ending } = createProviderItems({
    asking: async () => ({ kind: 'question', question: {} as PostponedQuestion }),
    endpoint: 'e',
    settingFaults: createSettingFaults({ classifier: { classify: () => Promise.reject(new Error()) }, log: console }),
    prices: { cost: () => null },
    judge,
  })
  const text = `${'x'.repeat(1_999)}🎧 and so on`
  const reply = {
    text,
    model: 'm',
    finish: 'stop',
    usage: unknownUsage,
    cost: undefined,
    tokens: undefined,
    headers: undefined,
  } as const
  const item = { seq: 0, customId: '"a"', document: '{"text":"A router."}', attempts: 1, replies: null } as LeasedItem
  const end = await ending(item, { result: { ok: true, reply }, mark: 'm', found: {} } as ArrivedReply, {
    ...{ settings: {}, account: 'a', traceparent: null, signal: new AbortController().signal },
  })
  const { replies } = (end as Extract<typeof end, { kind: 'returned' }>).item
  expect(JSON.parse(replies!)).toMatchObject({ replies: [{ text: 'x'.repeat(1_999) }] })
})
