import { expect, onTestFinished, test } from 'vitest'
import { loadPrompts } from '../src/prompts/prompt-files.ts'
import { expectations } from './support/fake-provider/dialect-files.ts'
import { startFakeProvider } from './support/fake-provider/server.ts'
import { holdTime } from './support/hold-time.ts'
import { endpointSettings, startService } from './support/service.ts'

const prompts = await loadPrompts(new URL('../prompts/', import.meta.url).pathname)
const allowed = prompts.get('assign-tags')!.tagList.tags.map(tag => tag.id)
const ninetyTags = expectations().filter(
  ({ expect: { at_least_tags, at_most_tags = 90 } }) => at_least_tags <= 90 && at_most_tags >= 90,
)

async function serviceFor(dialect: string, model: string) {
  const provider = await startFakeProvider({ dialect })
  onTestFinished(() => provider.close())
  const service = await startService({ ...endpointSettings, OPENAI_BASE_URL: provider.url, OPENAI_MODEL: model })
  return { provider, ...service }
}

test.each(ninetyTags)(
  '$dialect $model: $expect.outcome as $expect.format.type after $expect.first_calls calls',
  async row => {
    const { provider, classify } = await serviceFor(row.dialect, row.model)
    const { outcome, format, first_calls, next_calls } = row.expect

    const first = await classify({ text: '# A router\n\nIt routes packets.' })
    expect(provider.count(), 'calls for the first document').toBe(first_calls)
    if (outcome !== 'ok') {
      expect(first.json()).toMatchObject({ code: outcome })
      return
    }
    const second = await classify({ text: '# A database\n\nIt stores rows.' })
    expect(provider.count() - first_calls, 'calls for the second document').toBe(next_calls)
    const third = await classify({ text: '# A game\n\nIt is played.' }, { query: '?details=true' })
    expect(third.json()).toMatchObject({ details: { outcome: 'ok', format } })
    for (const { tags } of [first.json(), second.json(), third.json()]) {
      expect(tags.length).toBeLessThanOrEqual(3)
      expect(tags.every((id: number) => allowed.includes(id))).toBe(true)
    }
  },
)

test('one request finds out for all that come at once', async () => {
  const { provider, classify } = await serviceFor('azure', 'gpt-4o')
  // On a busy machine, they would have waited for the first one as long as they do before its answer is there.
  holdTime()
  const texts = Array.from({ length: 20 }, (_, index) => `# Router ${index}\n\nIt routes packets.`)
  const responses = await Promise.all(texts.map(text => classify({ text })))
  expect(responses.map(({ statusCode }) => statusCode)).toEqual(texts.map(() => 200))
  expect(provider.count()).toBe(texts.length + 1)
})

test.each([
  ['ollama-cloud', false],
  ['openai', true],
])('whether %s enforces the schema it takes is seen from its replies', async (dialect, enforced) => {
  const { classify } = await serviceFor(dialect, 'any-model')
  let last: { details: { format: object } } | undefined
  for (let index = 0; index < 6; index++) {
    last = (await classify({ text: `# Router ${index}\n\nIt routes packets.` }, { query: '?details=true' })).json()
  }
  expect(last?.details.format).toMatchObject({ type: 'json_schema', enforced })
})

test('the prompt is the same on every rung', async () => {
  const { provider, classify } = await serviceFor('litellm', 'ollama/no-tools')
  await classify({ text: '# A router\n\nIt routes packets.' })
  expect(provider.count()).toBe(4)
  expect(new Set(provider.requests.map(({ body }) => JSON.stringify(body.messages))).size).toBe(1)
})

test('a model that thinks is given room for it from the second document on', async () => {
  const { provider, classify } = await serviceFor('openai-reasoning', 'gpt-5-long-thought')
  await classify({ text: '# A router\n\nIt routes packets.' })
  const before = provider.count()
  expect((await classify({ text: '# A database\n\nIt stores rows.' })).statusCode).toBe(200)
  expect(provider.count() - before).toBe(1)
})

test('where the endpoint gives token probabilities, a tag has a confidence', async () => {
  const { classify } = await serviceFor('openai', 'gpt-4o')
  const text = '# A router\n\nIt routes packets.'
  const { details } = (await classify({ text }, { query: '?details=true' })).json()
  const confidences: number[] = details.tags.map((tag: { confidence: number }) => tag.confidence)
  expect(confidences.every(confidence => confidence > 0 && confidence <= 1)).toBe(true)
  const least = Math.max(...confidences)
  const sure = (await classify({ text, min_confidence: least }, { query: '?details=true' })).json()
  expect(sure.tags).toEqual(
    details.tags.filter((tag: { confidence: number }) => tag.confidence >= least).map((tag: { id: number }) => tag.id),
  )
  expect(sure.details.dropped.filter((tag: { reason: string }) => tag.reason === 'low_confidence')).toHaveLength(
    details.tags.length - sure.tags.length,
  )
})

test('where it gives none, the confidence is unknown and no tag is dropped for it', async () => {
  const { classify } = await serviceFor('anthropic', 'any-model')
  const { tags, details } = (
    await classify({ text: 'A router.', min_confidence: 1 }, { query: '?details=true' })
  ).json()
  expect(tags.length).toBeGreaterThan(0)
  expect(details.tags.map((tag: { confidence: unknown }) => tag.confidence)).toEqual(tags.map(() => null))
})
