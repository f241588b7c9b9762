import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { agreementOf, pooledKappa, readLabellings } from '../../src/quality/agreement.ts'
import { createRandom } from '../../src/quality/statistics/random.ts'
import { emptyFolder } from '../support/command.ts'
import { runInProcess } from '../support/terminal.ts'

const labels = (...tags: string[]) => ({ tags, acceptable: [] })
const times = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item)
const near = (value: number) => expect.closeTo(value, 9)

test("of one tag, kappa is Cohen's: 35 of 50 alike where chance gives 25 is 0.4", () => {
  const pairs = [
    ...times(20, [labels('a'), labels('a')] as const),
    ...times(5, [labels('a'), labels()] as const),
    ...times(10, [labels(), labels('a')] as const),
    ...times(15, [labels(), labels()] as const),
  ]
  expect(pooledKappa(pairs)).toBeCloseTo(0.4, 12)
})

test('of several tags, what is seen and what chance would give are added up before they are compared', () => {
  // Tag a: 3 of 4 alike, chance 1/2. Tag b: 3 of 4 alike, chance 10/16. (6/4 - 18/16) / (2 - 18/16) = 3/7.
  const pairs = [
    [labels('a', 'b'), labels('a', 'b')],
    [labels('a'), labels('a')],
    [labels('a'), labels()],
    [labels(), labels('b')],
  ] as const
  const chance = (one: number, other: number) => (one * other + (4 - one) * (4 - other)) / 16
  const [expectedA, expectedB] = [chance(3, 2), chance(1, 2)]
  expect(pooledKappa(pairs)).toBeCloseTo((1.5 - expectedA - expectedB) / (2 - expectedA - expectedB), 12)
})

test('the same labels agree wholly, and labels that were drawn agree no more than by chance', () => {
  expect(pooledKappa(times(5, [labels('a', 'b'), labels('b', 'a')]))).toBe(1)
  expect(pooledKappa(times(5, [labels(), labels()]))).toBe(1)
  const random = createRandom(7)
  const drawn = () => labels(...['a', 'b', 'c', 'd', 'e'].filter(() => random() < 0.3))
  const one = new Map(Array.from({ length: 2_000 }, (_, place) => [String(place), drawn()]))
  const other = new Map([...one.keys()].map(id => [id, drawn()]))
  const { kappa } = agreementOf({ name: 'one', documents: one }, { name: 'other', documents: other })!
  expect(kappa.low).toBeLessThan(0)
  expect(kappa.high).toBeGreaterThan(0)
  expect(kappa.high - kappa.low).toBeLessThan(0.06)
})

const first = [
  { id: 'both', tags: [1, 2], acceptable: [3] },
  { id: 'first alone', tags: [1] },
  { id: 'nothing', tags: [] },
  { id: 'not said', tags: [4] },
]
const second = [
  { id: 'nothing', tags: [] },
  { id: 'both', tags: [3, 1] },
  { id: 'first alone', tags: [] },
]
const lines = (rows: readonly object[]) => rows.map(row => JSON.stringify(row)).join('\n')

test('documents are compared that both have labelled, one way and the other', () => {
  const [one] = readLabellings('one', lines(first))
  const [other] = readLabellings('other', lines(second))
  const { set_f1, exact, first_in_other, accepted } = agreementOf(one!, other!)!
  expect(set_f1).toMatchObject({ value: near((0.5 + 0 + 1) / 3), size: 3 })
  expect(exact).toMatchObject({ value: near(1 / 3), size: 3 })
  expect(first_in_other).toMatchObject([
    { value: 1, size: 1 },
    { value: 0, size: 1 },
  ])
  expect(accepted).toMatchObject([
    { value: near(0.25), size: 2 },
    { value: 1, size: 1 },
  ])
  expect(agreementOf(one!, readLabellings('none', '{"id":"x","tags":[1]}')[0]!)).toBeUndefined()
})

test('labels of one group are drawn together, so that the interval is no narrower than what they tell', () => {
  const rows = Array.from({ length: 60 }, (_, place) => ({ id: `d${place}`, tags: [place % 12 < 6 ? 1 : 2] }))
  const [other] = readLabellings('other', lines(rows.map(({ id }) => ({ id, tags: [1] }))))
  const width = (grouped: boolean) => {
    const content = lines(
      rows.map((row, place) => ({ ...row, ...(grouped && { group: `g${Math.floor(place / 6)}` }) })),
    )
    const { set_f1 } = agreementOf(readLabellings('one', content)[0]!, other!)!
    return set_f1.high - set_f1.low
  }
  expect(width(true)).toBeGreaterThan(width(false) * 1.5)
})

const written = (name: string, content: string) => {
  const file = join(emptyFolder(), name)
  writeFileSync(file, content)
  return file
}

test('the command tells it of each pair of files, and of what an evaluation answered', async () => {
  const document = (id: string, given: string[]) => ({ id, given, group: null })
  const run = { variants: [{ name: 'ranker', documents: [document('both', ['1', '2']), document('nothing', [])] }] }
  const files = [
    written('gold.jsonl', lines(first)),
    written('second.jsonl', lines(second)),
    written('run.json', JSON.stringify(run)),
  ]
  const { exitCode, stdout } = await runInProcess(['evaluate', 'agreement', ...files])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^gold\.jsonl and second\.jsonl: 3 documents\nset F1 +50\.0 {2}too few \(3\)\n/)
  expect(stdout).toMatch(/gold\.jsonl and ranker of run\.json: 2 documents\nset F1 +100\.0 .*\nsame set +100\.0 /)
  expect(stdout).toContain('second.jsonl and ranker of run.json: 2 documents')
})

test.each([
  ['one labelling', ['{"id":"a","tags":[1]}'], 'takes two labellings'],
  ['a line without tags', ['{"id":"a","tags":[1]}', '{"id":"a"}'], 'line 1'],
  ['an id that comes twice', ['{"id":"a","tags":[1]}\n{"id":"a","tags":[1]}', ''], 'the id a comes twice'],
])('%s ends with 2 and says why', async (_, contents, said) => {
  const files = contents.map((content, place) => written(`labels-${place}.jsonl`, content))
  const { exitCode, stderr } = await runInProcess(['evaluate', 'agreement', ...files])
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(said)])
})
