import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { saveCalibration } from '../../src/quality/calibration-file.ts'
import { tenth, withCalibration } from '../support/calibration.ts'
import { emptyFolder } from '../support/command.ts'
import { completion, createWire } from '../support/endpoint.ts'
import { endpointSettings, startService } from '../support/service.ts'

const wire = createWire()
const text = '# A router\n\nA router for networking that routes network packets.'
const ranker = { endpoint: 'embedded-ranker', model: 'embedded-ranker' }
const details = { query: '?details=true' }
const odds = (probability: number) => probability / (1 - probability)

/** A reply with its tokens, of which the one that decides the tag had this probability. */
const sureReply = (probability: number) => ({
  body: completion('{"tags":["networking"]}', {
    choice: {
      logprobs: {
        content: ['{"tags":["', 'networking', '"]}'].map(token => ({
          ...{ token, top_logprobs: [] },
          logprob: token === 'networking' ? Math.log(probability) : 0,
        })),
      },
    },
  }),
})

test('confidences of the embedded ranker are calibrated where it was measured, and raw under another list', async () => {
  const raw = await (await startService()).classify({ text }, details)
  const [{ confidence }] = raw.json().details.tags
  expect([confidence > 0 && confidence < 1, raw.json().details.calibrated]).toEqual([true, undefined])
  const service = await startService(await withCalibration({}, ranker))
  const found = (await service.classify({ text }, details)).json()
  expect(found.details.calibrated).toBe(true)
  expect(odds(found.details.tags[0].confidence)).toBeCloseTo(odds(confidence) / 10, 6)
  expect(found.tags).toEqual(raw.json().tags)
  const tags = [
    { id: 1, name: 'networking' },
    { id: 2, name: 'gardening' },
  ]
  expect((await service.classify({ text, tags }, details)).json().details).not.toHaveProperty('calibrated')
  const otherSettings = await startService({ ...(await withCalibration({}, ranker)), RANKER_EAGERNESS: 'eager' })
  expect((await otherSettings.classify({ text }, details)).json().details).not.toHaveProperty('calibrated')
})

test('token probabilities of a chat model are calibrated, from the cache as well, and void for another model', async () => {
  const measured = { endpoint: 'model.test', model: 'test-model-2026' }
  const service = await startService(await withCalibration(endpointSettings, measured))
  wire.plays(sureReply(0.9))
  for (const cache of ['miss', 'hit']) {
    const answered = await service.classify({ text }, details)
    expect([answered.headers['x-cache'], answered.json().details]).toMatchObject([cache, { calibrated: true }])
    expect(answered.json().details.tags[0].confidence).toBeCloseTo(0.9 / 1.9, 6)
  }
  const other = await startService(await withCalibration(endpointSettings, { ...measured, model: 'test-model-2027' }))
  wire.plays(sureReply(0.9))
  const { details: rest } = (await other.classify({ text }, details)).json()
  expect(rest.calibrated).toBeUndefined()
  expect(rest.tags[0].confidence).toBeCloseTo(0.9, 6)
})

test('an answer needs a review below the threshold of the request, and where nobody knows how sure it is', async () => {
  const service = await startService(
    await withCalibration(endpointSettings, { endpoint: 'model.test', model: 'test-model-2026' }),
  )
  wire.plays(
    sureReply(0.9),
    sureReply(0.9),
    { body: completion('{"tags":["networking"]}') },
    { body: completion('{"tags":[]}') },
  )
  const asked = async (body: object, query = '') => (await service.classify(body, { query })).json()
  expect(await asked({ text, review_below: 0.5 })).toEqual({ id: null, tags: [36], needs_review: true })
  expect(await asked({ text, review_below: 0.4 })).toMatchObject({ needs_review: false })
  expect(await asked({ text, cache: false }, '?review_below=0.4')).toMatchObject({ needs_review: false })
  expect(await asked({ text: `${text} Again.` }, '?review_below=0.4')).toMatchObject({ tags: [36], needs_review: true })
  expect(await asked({ text: `${text} And again.` }, '?review_below=0')).toMatchObject({ tags: [], needs_review: true })
  expect((await service.classify({ text }, { query: '?review_below=2' })).statusCode).toBe(400)
})

test('a prompt may have a threshold of its own, which makes no other prompt of it', async () => {
  const folder = emptyFolder()
  cpSync('prompts', folder, { recursive: true })
  const file = join(folder, 'assign-tags', 'prompt.yaml')
  writeFileSync(file, `${readFileSync(file, 'utf8')}\nreview_below: 0.01\n`)
  const service = await startService({ ...(await withCalibration({}, ranker)), PROMPTS_DIR: folder })
  const own = (await service.classify({ text }, details)).json()
  expect(own).toMatchObject({ needs_review: false, details: { calibrated: true } })
  expect((await service.classify({ text, review_below: 1 })).json()).toMatchObject({ needs_review: true })
})

test('without a threshold the answer stays as it was', async () => {
  const service = await startService()
  expect(Object.keys((await service.classify({ text })).json())).toEqual(['id', 'tags'])
})

test('an answer of a person needs no review', async () => {
  const service = await startService({ DATA_DIR: emptyFolder() })
  await service.app.inject({ method: 'POST', url: '/feedback', payload: { text, accepted: [36] } })
  expect((await service.classify({ text, review_below: 1 })).json()).toEqual({
    id: null,
    tags: [36],
    needs_review: false,
  })
})

test('min_confidence is of the calibrated confidence, and one answer serves all thresholds of a review', async () => {
  const service = await startService(await withCalibration({}, ranker))
  const { confidence } = (await service.classify({ text }, details)).json().details.tags[0]
  const asked = async (min_confidence: number) => (await service.classify({ text, min_confidence }, details)).json()
  expect((await asked(confidence - 0.01)).tags).toContain(36)
  expect(await asked(confidence + 0.01)).toMatchObject({
    tags: [],
    details: { outcome: 'none_apply', dropped: expect.arrayContaining([{ reason: 'low_confidence', id: 36 }]) },
  })
})

test('a calibration that is written while the service runs is in force soon, and a broken one changes nothing', async () => {
  const env: Record<string, string> = { ...(await withCalibration({}, ranker)), DATA_DIR: emptyFolder() }
  const service = await startService(env)
  const first = (await service.classify({ text }, details)).json().details.tags[0].confidence
  const { calibrations } = JSON.parse(readFileSync(env.CALIBRATION_FILE!, 'utf8'))
  saveCalibration(env.CALIBRATION_FILE!, { ...calibrations[0], map: { ...tenth, offset: 0 } })
  const now = async () => (await service.classify({ text }, details)).json().details.tags[0].confidence
  await expect.poll(now, { timeout: 10_000 }).not.toBe(first)
  const second = await now()
  writeFileSync(env.CALIBRATION_FILE!, '{')
  const said = async () => {
    await now()
    return service.log.join('')
  }
  await expect.poll(said, { timeout: 10_000 }).toContain('the calibration cannot be read')
  expect(await now()).toBe(second)
  await expect(startService({ ...env, DATA_DIR: '' })).rejects.toThrow(/calibrate/)
})
