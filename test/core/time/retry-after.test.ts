import fc from 'fast-check'
import { expect, test } from 'vitest'
import { waitMilliseconds } from '../../../src/core/time/retry-after.ts'
import { cpuTime } from '../../support/cpu-time.ts'

const now = Date.UTC(2026, 10, 22, 20, 0, 0)
const wait = (headers: Record<string, string>, body?: unknown) => waitMilliseconds({ headers, body, now })
const retryInfo = (retryDelay: string) => [
  { error: { code: 429, details: [{ '@type': 'type.googleapis.com/google.rpc.Help' }, { retryDelay }] } },
]

test.each([
  ['17ms', 17],
  ['1s', 1000],
  ['6m0s', 360_000],
  ['2m59.56s', 179_560],
  ['7.66s', 7660],
  ['4.07s', 4070],
  ['1h2m3s', 3_723_000],
  ['1d', 86_400_000],
  ['120ns', 0],
  ['1500µs', 2],
  ['0', 0],
  ['20', 20_000],
  ['0.25', 250],
  [` ${'20'} `, 20_000],
  [`${now / 1000 + 5}`, 5000],
  [`${now + 2500}`, 2500],
  [`${now - 2500}`, 0],
  ['2026-11-22T20:00:30Z', 30_000],
  ['2026-11-22T21:00:10.5+01:00', 10_500],
  ['Sun, 22 Nov 2026 20:01:00 GMT', 60_000],
  ['Sunday, 22-Nov-26 20:00:02 GMT', 2000],
  ['Sun, 22 Nov 2026 19:00:00 GMT', 0],
])('reads %s', (text, milliseconds) => {
  expect(wait({ 'retry-after': text })).toBe(milliseconds)
  expect(wait({ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': text })).toBe(milliseconds)
})

test.each([
  '',
  ' ',
  '-5',
  'soon',
  'NaN',
  'Infinity',
  '1e9',
  '5 apples',
  '1s2',
  'ms',
  '0x10',
  '1'.repeat(60),
  'Foo, 99',
  '2026-11-22T20:00:30',
  'Sun, 22 Nov 2026',
  'Sun, 99 Foo 2026 20:01:00 GMT',
  `${'1s'.repeat(60)}`,
])('does not read %j', text => {
  expect(wait({ 'retry-after': text })).toBeUndefined()
  expect(wait({}, retryInfo(text))).toBeUndefined()
})

test('asks the sources in order, and the next one when one says nothing readable', () => {
  const headers: Record<string, string> = {
    'retry-after-ms': '80',
    'retry-after': '2',
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': '9s',
  }
  const body = retryInfo('4.07s')
  expect(wait(headers, body)).toBe(80)
  headers['retry-after-ms'] = 'later'
  expect(wait(headers, body)).toBe(2000)
  headers['retry-after'] = ''
  expect(wait(headers, body)).toBe(4070)
  expect(wait(headers, {})).toBe(9000)
  expect(wait({}, {})).toBeUndefined()
})

test('reads the body as an object or as text', () => {
  expect(wait({}, JSON.stringify(retryInfo('3.5s'), null, 2))).toBe(3500)
  expect(wait({}, { error: { details: retryInfo('1s') } })).toBe(1000)
  expect(wait({}, '<html>retryDelay</html>')).toBeUndefined()
})

test('heeds the empty bucket alone, and of two the one that is empty longer', () => {
  const full = { 'x-ratelimit-remaining-requests': '12', 'x-ratelimit-reset-requests': '6m0s' }
  expect(wait(full)).toBeUndefined()
  expect(wait({ ...full, 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '70ms' })).toBe(70)
  const both = { ...full, 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-remaining-tokens': '0' }
  expect(wait({ ...both, 'x-ratelimit-reset-tokens': '70ms' })).toBe(360_000)
  expect(wait({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${now + 1200}` })).toBe(1200)
  const named = { 'anthropic-ratelimit-input-tokens-remaining': '0' }
  expect(wait({ ...named, 'anthropic-ratelimit-input-tokens-reset': '2026-11-22T20:00:04Z' })).toBe(4000)
})

test('takes Headers as well as a record', () => {
  expect(waitMilliseconds({ headers: new Headers({ 'Retry-After': '3' }), now })).toBe(3000)
  expect(waitMilliseconds({ headers: { 'retry-after': ['3', '9'] }, now })).toBe(3000)
})

const sources = ['retry-after-ms', 'retry-after', 'x-ratelimit-reset-requests', 'x-ratelimit-reset-tokens']
const anyText = fc.oneof(
  fc.string(),
  fc.stringMatching(/^[-+0-9.eTZ:, a-zA-Zµ]{0,70}$/u),
  fc.double().map(String),
  fc.date({ noInvalidDate: false }).map(String),
)

test('whatever is written, a wait is nothing or a number one can sleep for', () => {
  const headers = fc.dictionary(fc.constantFrom(...sources), anyText)
  const empty = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-remaining-tokens': '0' }
  fc.assert(
    fc.property(
      headers,
      fc.oneof(fc.jsonValue(), anyText.map(retryInfo), anyText),
      fc.double(),
      (record, body, moment) => {
        const answer = waitMilliseconds({ headers: { ...empty, ...record }, body, now: moment })
        expect(answer === undefined || (Number.isFinite(answer) && answer >= 0)).toBe(true)
      },
    ),
    { numRuns: 500 },
  )
})

test('any stretch of time survives being written as a duration', () => {
  const part = (most: number) => fc.integer({ min: 0, max: most })
  fc.assert(
    fc.property(part(99), part(59), part(59_999), (hours, minutes, milliseconds) => {
      const text = `${hours}h${minutes}m${milliseconds / 1000}s`
      expect(wait({ 'retry-after': text })).toBe((hours * 60 + minutes) * 60_000 + milliseconds)
    }),
  )
})

test('a hostile answer costs no more than reading it once', () => {
  let deep: unknown = { retryDelay: '1s' }
  for (let level = 0; level < 20_000; level++) deep = { inner: deep }
  const started = cpuTime()
  expect(wait({ 'retry-after': '1'.repeat(1_000_000) }, deep)).toBeUndefined()
  expect(wait({}, `"retryDelay"${' '.repeat(1_000_000)}`)).toBeUndefined()
  expect(wait({}, '"retryDelay":"'.repeat(70_000))).toBeUndefined()
  expect(cpuTime() - started).toBeLessThan(2_000)
})
