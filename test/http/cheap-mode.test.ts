import { expect, onTestFinished, test } from 'vitest'
import { ended, resultsOf, startBatchService } from '../support/batch-service.ts'
import { ofRanker, withCalibration } from '../support/calibration.ts'
import { emptyFolder, pricesFile } from '../support/command.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { startService } from '../support/service.ts'

const sure = '# A networking router\n\nA router for networking. It does networking for networking people.'
const unsure = '# Thing\n\nA small thing that may be of use to people who write on the command line.'

async function startModel() {
  const provider = await startFakeProvider()
  onTestFinished(() => provider.close())
  const { model } = provider.dialect
  const env = { OPENAI_BASE_URL: provider.url, OPENAI_MODEL: model, PRICES_FILE: pricesFile(model) }
  return { provider, env }
}

test('what the ranker is sure of is not asked of the model, and the answer says so; all else is', async () => {
  const { provider, env } = await startModel()
  const service = await startService(await withCalibration(env, ofRanker))
  const cheap = await service.classify({ text: sure, mode: 'cheap' }, { query: '?details=true' })
  expect([cheap.statusCode, provider.count()]).toEqual([200, 0])
  expect(cheap.headers['x-tagsmith-model']).toBe('embedded-ranker')
  expect(cheap.json()).toMatchObject({
    tags: [36],
    details: {
      ...{ endpoint: 'embedded-ranker', calibrated: true, cost_usd: 0, cached: false },
      cheap: { most_wrong: 0.1, expected_wrong: 0.04 },
      attempts: [{ endpoint: 'embedded-ranker' }],
    },
  })
  const asked = await service.classify({ text: unsure }, { query: '?mode=cheap&details=true' })
  expect([asked.json().details.endpoint, provider.count()]).toEqual([expect.stringContaining('127.0.0.1'), 1])
  expect(asked.json().details).not.toHaveProperty('cheap')
  expect(asked.json().details.attempts).toHaveLength(1)
  // Off unless it is asked for, and what the ranker said is not taken for the answer of the model.
  expect((await service.classify({ text: sure })).headers['x-tagsmith-model']).not.toBe('embedded-ranker')
  expect(provider.count()).toBe(2)
  // What the model answered before costs nothing either.
  const known = await service.classify({ text: sure, mode: 'cheap' })
  expect([known.headers['x-cache'], known.headers['x-tagsmith-model']]).toEqual([
    'hit',
    expect.not.stringMatching('ranker'),
  ])
})

test('a tag that a person rejected is none that the ranker may be sure of', async () => {
  const { provider, env } = await startModel()
  const service = await startService({ ...(await withCalibration(env, ofRanker)), DATA_DIR: emptyFolder() })
  await service.app.inject({ method: 'POST', url: '/feedback', payload: { text: sure, rejected: [36] } })
  await service.classify({ text: sure, mode: 'cheap' })
  expect(provider.count()).toBe(1)
})

test.each([
  ['nothing was measured', undefined],
  ['the ranker is never right often enough', { ...ofRanker, promise: null }],
])('where %s the cheap mode says what to run, and asks nothing', async (_, measured) => {
  const { provider, env } = await startModel()
  const service = await startService(
    measured ? await withCalibration(env, measured) : { ...env, DATA_DIR: emptyFolder() },
  )
  const refused = await service.classify({ text: sure, mode: 'cheap' })
  expect([refused.statusCode, refused.json().code]).toEqual([409, 'not_calibrated'])
  expect(refused.json().detail).toContain(
    'tagsmith evaluate gold.jsonl --endpoint embedded-ranker --prompt assign-tags',
  )
  expect(refused.json().detail).toContain('tagsmith calibrate run.json')
  expect(provider.count()).toBe(0)
})

test('where the ranker answers anyway, the cheap mode changes nothing', async () => {
  const service = await startService()
  const [plain, cheap] = [await service.classify({ text: sure }), await service.classify({ text: sure, mode: 'cheap' })]
  expect(cheap.json()).toEqual(plain.json())
})

test('a cheap batch asks the model about the rest alone, and reports the shares and what they may cost in errors', async () => {
  const { env } = await startModel()
  const measured = await withCalibration(env, ofRanker)
  const service = await startBatchService({ env: { ...env, CALIBRATION_FILE: measured.CALIBRATION_FILE! } })
  const lines = Array.from({ length: 10 }, (_, index) =>
    JSON.stringify({ id: index, text: `${index < 7 ? sure : unsure}\n\nNumber ${index}.` }),
  )
  const { body: created, status } = await service.submit(lines.join('\n'), { query: '?mode=cheap&review_below=0.8' })
  expect(status).toBe(202)
  const batch = await service.until(created.id, ended)
  expect(batch).toMatchObject({
    ...{ mode: 'cheap', review_below: 0.8, request_counts: { completed: 10, failed: 0 } },
    answered_by: { 'embedded-ranker': 7 },
    cheap: { answers: 7, share: 0.7, most_wrong: 0.1, expected_wrong: 0.04 },
    cost_usd: expect.any(Number),
  })
  const results = await resultsOf(service.url, created.id, '')
  expect(results.filter(result => 'needs_review' in result && typeof result.needs_review === 'boolean')).toHaveLength(
    10,
  )

  const estimated = await fetch(`${service.url}/batches/estimate?mode=cheap`, {
    ...{ method: 'POST', body: lines.map(line => line.replace('Number', 'Item')).join('\n') },
    headers: { 'content-type': 'application/x-ndjson' },
  })
  expect(await estimated.json()).toMatchObject({ items: 10, cheap: 7, unusable: 0, cached: 0 })

  const refused = await service.submit(JSON.stringify({ batch: { mode: 'cheap', tags: [{ id: 1, name: 'x' }] } }))
  expect([refused.status, refused.body.code]).toEqual([409, 'not_calibrated'])
})

test('through a Batch API, what the ranker is sure of is in no file', async () => {
  const { CALIBRATION_FILE } = await withCalibration({}, ofRanker)
  const quick = { PROVIDER_BATCH_POLL_MS: '20', PROVIDER_BATCH_PRICE_SHARE: '0.5' }
  const service = await startBatchService({
    ...{ env: { ...quick, CALIBRATION_FILE: CALIBRATION_FILE! }, provider: { batches: {} } },
  })
  const lines = Array.from({ length: 10 }, (_, index) =>
    JSON.stringify({ id: index, text: `${index < 7 ? sure : unsure}\n\nNumber ${index}.` }),
  )
  const { body: created } = await service.submit(lines.join('\n'), { query: '?mode=cheap&delivery=provider' })
  const batch = await service.until(created.id, ended)
  expect(batch).toMatchObject({
    request_counts: { completed: 10 },
    answered_by: { 'embedded-ranker': 7 },
    cheap: { answers: 7 },
  })
  service.provider.batchApi.settle()
  const inFiles = [...service.provider.batchApi.paid.values()].reduce((sum, count) => sum + count, 0)
  expect(inFiles + service.provider.count()).toBe(3)
})
