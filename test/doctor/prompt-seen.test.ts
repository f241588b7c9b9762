import { describe, expect, test } from 'vitest'
import { readTagList } from '../../src/core/tags/tag-list.ts'
import { canaryTexts, promptSight } from '../../src/doctor/prompt-seen.ts'

/** Lists in several scripts: what a token comes to differs most between them. */
const lists = {
  English: 'Programs that are run as commands in a shell',
  German: 'Zwischenspeicherung und Datenbankverwaltungssysteme für Kraftfahrzeuge',
  Russian: 'Программы, которые запускаются в командной строке',
  Chinese: '在命令行中运行的程序和相关的开发工具',
  Thai: 'โปรแกรมที่ทำงานด้วยคำสั่งในเทอร์มินัล',
  emoji: '🛠️🧰🔧🪛 👩‍👩‍👧‍👦',
}

/** Tokenizers, from one that takes bytes to one that takes long words whole. */
const tokenizers: Record<string, (text: string) => number> = {
  bytes: text => Buffer.byteLength(text),
  characters: text => [...text].length,
  'words and marks': text => text.match(/\p{L}+|\p{N}|[^\s\p{L}\p{N}]/gu)?.length ?? 0,
  'words of at most six letters, other scripts by byte': text =>
    text
      .match(/ ?[a-z]{1,6}|[\u0020-\u007f]/giu)
      ?.concat([...Buffer.from(text.replace(/[\u0020-\u007f]/g, ''))].map(String)).length ?? 0,
  'whole words of Latin, letters of all else': text => text.match(/ ?[a-z]+|\p{L}|[^\s\p{L}]/giu)?.length ?? 0,
  'nine bytes of any script but Latin, four of that': text =>
    Math.ceil(
      text.replace(/[^\u0020-\u007f]/g, '').length / 4 + Buffer.byteLength(text.replace(/[\u0020-\u007f]/g, '')) / 9,
    ),
}

function promptsFor(description: string, budget = 2_000) {
  const tags = Array.from({ length: 90 }, (_, index) => ({
    id: index + 1,
    name: `tag ${index} ${description.slice(0, 9)}`,
    description,
  }))
  const { list } = readTagList(tags)
  const { second, longer, longest } = canaryTexts(list!, budget)
  const head = `You tag documents. The list:\n${tags.map(({ id, name }) => `${id}\t${name}: ${description}`).join('\n')}\n`
  return [second.text, longer, longest].map(text => head + text) as [string, string, string]
}

function sightOf(prompts: readonly [string, string, string], count: (text: string) => number) {
  const [short, longer, longest] = prompts.map(text => ({ bytes: Buffer.byteLength(text), tokens: count(text) })) as [
    { bytes: number; tokens: number },
    { bytes: number; tokens: number },
    { bytes: number; tokens: number },
  ]
  return promptSight({ same: [short.tokens, short.tokens], short, longer, longest }).seen
}

describe.each(Object.entries(tokenizers))('a tokenizer of %s', (_name, count) => {
  test.each(Object.entries(lists))(
    '%s: seen whole where nothing is cut, and else told as cut',
    (_language, description) => {
      const prompts = promptsFor(description)
      const [short, , longest] = prompts.map(count) as [number, number, number]
      expect(sightOf(prompts, count)).toBe('whole')
      expect(sightOf(prompts, text => count(text) + 40)).toBe('whole')
      for (const share of [0.2, 0.5, 0.9, 1]) {
        expect(sightOf(prompts, text => Math.min(count(text), Math.floor(short * share)))).toBe('cut')
      }
      const between = (part: number) => Math.floor(short + (longest - short) * part)
      for (const part of [0.35, 0.5, 0.8]) {
        expect(sightOf(prompts, text => Math.min(count(text), between(part)))).toBe('cut_with_long_texts')
      }
    },
  )
})

const counts = (...tokens: (number | null)[]) => {
  const [first, second, short, longer, longest] = tokens as number[]
  const prompt = (bytes: number, counted: number | null) => ({ bytes, tokens: counted })
  return {
    same: [first ?? null, second ?? null] as const,
    short: prompt(11_000, short ?? null),
    longer: prompt(12_850, longer ?? null),
    longest: prompt(19_000, longest ?? null),
  }
}

test.each([
  ['tells no tokens', counts(null, null, null, null, null), 'unclear'],
  ['tells only what was not cached', counts(2_800, 12, 60, 420, 1_500), 'unclear'],
  ['tells a number that is made up', counts(100, 100, 100, 100, 100), 'unclear'],
  ['keeps 200 tokens', counts(200, 200, 200, 200, 200), 'cut'],
  ['keeps 2,048 tokens', counts(2_048, 2_048, 2_048, 2_048, 2_048), 'cut'],
  ['keeps the last 2,047 or 2,048', counts(2_048, 2_047, 2_047, 2_048, 2_047), 'cut'],
  ['drops half of its context until the rest fits', counts(600, 600, 620, 1_020, 900), 'cut'],
  ['keeps 4,096 tokens', counts(2_800, 2_800, 2_790, 3_250, 4_096), 'cut_with_long_texts'],
  ['keeps all', counts(2_800, 2_800, 2_790, 3_250, 4_790), 'whole'],
])('a server that %s: %s', (_what, prompts, seen) => {
  expect(promptSight(prompts).seen).toBe(seen)
})

test('a question that was turned down leaves what is known of the others', () => {
  expect(promptSight({ ...counts(2_800, 2_800, 2_790, 3_250), longest: null }).seen).toBe('whole')
})

test.each([100, 300, 2_000])('texts for a budget of %i tokens are no longer than it, and differ in length', budget => {
  const [short, longer, longest] = promptsFor('Programs', budget)
  expect(short.length).toBeLessThan(longer.length)
  expect(longer.length).toBeLessThan(longest.length)
  expect(longest.length - short.length).toBeLessThanOrEqual(budget * 4)
})
