import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { initialFormOf } from '../../src/endpoints/openai/provider-profiles.ts'
import { learnForm } from '../../src/endpoints/request-form/form-trial.ts'
import { createLearnedForms } from '../../src/endpoints/request-form/learned-forms.ts'

const stays = new AbortController().signal
const learnedForm = () =>
  createLearnedForms({
    initial: model => initialFormOf('http://127.0.0.1/v1', model),
    learn: learnForm,
    lifetime: 60_000,
  }).of('any')

async function askedByFour() {
  const learned = learnedForm()
  const release = await learned.enter(stays)
  const gone: number[] = []
  for (const index of [1, 2, 3]) void learned.enter(stays).then(() => gone.push(index))
  return { release, gone }
}

test('the others wait for what the first is told', async () => {
  const { release, gone } = await askedByFour()
  await sleep(20)
  expect(gone).toEqual([])
  release?.()
  await sleep(0)
  expect(gone).toEqual([1, 2, 3])
})

test('a first call that takes its time holds up nobody', async () => {
  const { gone } = await askedByFour()
  await expect.poll(() => gone).toEqual([1, 2, 3])
})

test('who is done twice lets go of nobody else', async () => {
  const learned = learnedForm()
  const release = await learned.enter(stays)
  release?.()
  await learned.enter(stays)
  release?.()
  const next = learned.enter(stays).then(() => 'gone')
  expect(await Promise.race([next, sleep(20, 'waits')])).toBe('waits')
  await next
})

test('one who leaves waits no longer', async () => {
  const learned = learnedForm()
  await learned.enter(stays)
  const leaver = new AbortController()
  const left = learned.enter(leaver.signal)
  leaver.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')
  await expect(learned.enter(leaver.signal)).rejects.toThrow('gone')
})
