import { expect, test } from 'vitest'
import { createChoices } from '../../src/core/tags/choices.ts'
import { readTagList } from '../../src/core/tags/tag-list.ts'
import { canaryTexts } from '../../src/doctor/prompt-seen.ts'
import { tellsApart } from '../../src/doctor/tells-apart.ts'

const listOf = (size: number) =>
  readTagList(Array.from({ length: size }, (_, index) => ({ id: index * 3 + 1, name: `tag ${(index * 7) % 97}` })))
    .list!

type ReplyWith = 'ids' | 'names' | 'positions'

/** What is said of two answers, each told by the places of its tags in the list; the texts are about `about`. */
function said(
  first: number[],
  second: number[],
  options: { size?: number; about?: number[]; replyWith?: ReplyWith } = {},
) {
  const { size = 90, about = [30, 60], replyWith = 'ids' } = options
  const { tags } = listOf(size)
  const answer = (places: number[], subject: number | undefined, shown = tags) => ({
    about: tags[subject ?? 0]!,
    tags: places.map(place => shown[place]!),
    choices: createChoices(shown, replyWith),
  })
  // A shortlist begins with what is most promising for its text.
  const shortlist = (subject: number) => [
    tags[subject]!,
    ...tags.filter((_, index) => index !== subject).slice(subject),
  ]
  if (replyWith === 'positions')
    return tellsApart(answer(first, about[0], shortlist(about[0]!)), answer(second, about[1], shortlist(about[1]!)))
  return tellsApart(answer(first, about[0]), answer(second, about[1]))
}

test.each([
  ['the same tags', [0, 1, 2], [0, 1, 2]],
  ['the same tags in another order', [0, 1, 2], [2, 0, 1]],
  ['the same single tag', [5], [5]],
  ['the same tags, of which one is right', [30, 4], [4, 30]],
  ['a run of neighbours each', [0, 1, 2], [42, 43, 44]],
  ['a pair of neighbours each', [8, 9], [20, 21]],
  ['neighbours of each other', [0], [1]],
  ['overlapping runs', [0, 1, 2], [1, 2, 3]],
])('%s: no', (_what, first, second) => {
  expect(said(first, second)).toBe('no')
})

test.each([
  ['each its own tag', [30], [60]],
  ['each its own tag among neighbours', [30, 31, 32], [60, 61]],
  ['one right, one a run', [30], [0, 1, 2]],
  ['unlike tags that are no neighbours', [4, 9], [70]],
  ['none, and some', [], [70, 3]],
])('%s: yes', (_what, first, second) => {
  expect(said(first, second)).toBe('yes')
})

test('neighbours by name are noticed as well as neighbours by place', () => {
  const { tags } = listOf(90)
  const byName = tags.toSorted((one, other) => (one.name < other.name ? -1 : 1)).map(tag => tags.indexOf(tag))
  expect(said(byName.slice(0, 3), byName.slice(3, 6), { replyWith: 'names' })).toBe('no')
})

test.each([
  ['nothing for either', [], [], {}],
  ['both tags of a list of two, for both', [0, 1], [0, 1], { size: 2, about: [0, 1] }],
  ['a list of one tag', [0], [0], { size: 1, about: [0, 0] }],
])('%s: unclear', (_what, first, second, options) => {
  expect(said(first, second, options)).toBe('unclear')
})

test('of a short list, neighbours are no sign', () => {
  expect(said([0, 1], [1, 2], { size: 6, about: [3, 5] })).toBe('yes')
})

test('of a shortlist, the best place in both is right where it is another tag each time', () => {
  expect(said([0], [0], { replyWith: 'positions' })).toBe('yes')
  expect(said([1, 2, 3], [1, 2, 3], { replyWith: 'positions' })).toBe('no')
})

test('the texts are about two tags far from each other and from the head of the list', () => {
  const { first, second } = canaryTexts(listOf(90), 2_000)
  expect([first, second].map(({ about }) => listOf(90).tags.findIndex(({ id }) => id === about.id))).toEqual([30, 60])
  expect(first.text).toContain(first.about.name)
  expect(second.text).toContain(second.about.name)
})
