/** The scripts that are told apart, by a letter of each. */
const SCRIPTS = {
  Latin: /\p{Script=Latin}/u,
  Cyrillic: /\p{Script=Cyrillic}/u,
  Greek: /\p{Script=Greek}/u,
  Arabic: /\p{Script=Arabic}/u,
  Hebrew: /\p{Script=Hebrew}/u,
  Armenian: /\p{Script=Armenian}/u,
  Devanagari: /\p{Script=Devanagari}/u,
  Tamil: /\p{Script=Tamil}/u,
  Hangul: /\p{Script=Hangul}/u,
  Kana: /[\p{Script=Hiragana}\p{Script=Katakana}]/u,
  Han: /\p{Script=Han}/u,
  Thai: /\p{Script=Thai}/u,
} as const
const names = Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[]
export type Script = keyof typeof SCRIPTS | 'other'

const beyondLatin = /[^\p{Script=Latin}\P{L}]/u
/** A character that is a word, or half of one, weighs as much as some letters. */
const characterScripts: readonly Script[] = ['Han', 'Kana', 'Hangul', 'Thai']
const lettersForCharacter = 3
/** A text in Chinese holds many names in Latin letters. */
const leastShare = 0.2

const scriptOf = (letter: string): Script => names.find(name => SCRIPTS[name].test(letter)) ?? 'other'

/** The scripts that are written in a text. */
export function scriptsIn(text: string): ReadonlySet<Script> {
  if (!beyondLatin.test(text)) return new Set(/\p{L}/u.test(text) ? ['Latin'] : [])
  const found = new Set<Script>()
  for (const [letter] of text.matchAll(/\p{L}/gu)) found.add(scriptOf(letter))
  return withoutDouble(found)
}

/** The script that a text is in, other than Latin where a good part of it is. */
export function mainScript(text: string): Script {
  if (!beyondLatin.test(text)) return 'Latin'
  const counts = new Map<Script, number>()
  let total = 0
  for (const [letter] of text.matchAll(/\p{L}/gu)) {
    const script = scriptOf(letter)
    const weight = characterScripts.includes(script) ? lettersForCharacter : 1
    counts.set(script, (counts.get(script) ?? 0) + weight)
    total += weight
  }
  if (counts.has('Kana')) counts.set('Kana', counts.get('Kana')! + (counts.get('Han') ?? 0))
  counts.delete('Latin')
  const [script, count] = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most))
  return count >= leastShare * total ? script : 'Latin'
}

/** Japanese writes most of its nouns in Chinese characters. */
function withoutDouble(scripts: Set<Script>): ReadonlySet<Script> {
  if (scripts.has('Kana')) scripts.delete('Han')
  return scripts
}
