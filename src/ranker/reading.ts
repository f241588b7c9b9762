import type { ReadText } from '../core/passages.ts'
import { ENGLISH, LANGUAGES, type Language } from './languages.ts'
import { mainScript, type Script } from './scripts.ts'
import { BEYOND_ASCII, EMPTY_MARK, fold, type Tokenize, tokenize } from './tokens.ts'

const SAMPLE = 2_000
const LETTER_MARK = 0.5
/** One word of another language is a name, but in the shortest texts. */
const leastMarks = (words: number): number => (words <= 12 ? LETTER_MARK : 1.5)
/** Words that tell a language are looked up at once for all languages of a script. */
const MARKS = new Map<Script, Map<string, Language[]>>()
for (const language of LANGUAGES) {
  const marks = MARKS.get(language.script) ?? new Map<string, Language[]>()
  MARKS.set(language.script, marks)
  for (const word of language.words) marks.set(word, [...(marks.get(word) ?? []), language])
}

/** What a text says in words, without code. */
export function prose({ passages }: ReadText): string {
  const spoken = passages.filter(({ part }) => part !== 'code' && part !== 'boilerplate')
  let text = ''
  for (const passage of spoken.length > 0 ? spoken : passages) {
    text += `${passage.text.slice(0, SAMPLE)}\n`
    if (text.length > SAMPLE) break
  }
  return text
}

/** The language of a text, by its script and its commonest words; undefined when it is none of those that are known. */
export function languageOf(text: string, least = leastMarks): Language | undefined {
  const script = mainScript(text)
  const known = LANGUAGES.filter(language => language.script === script)
  if (known.length <= 1) return known[0]
  const counts = new Map<Language, number>()
  const add = (language: Language, mark: number) => counts.set(language, (counts.get(language) ?? 0) + mark)
  const words = fold(text).match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  for (const word of words) {
    for (const language of MARKS.get(script)?.get(word) ?? []) add(language, 1)
    if (BEYOND_ASCII.test(word))
      for (const language of known) if (language.letters?.test(word)) add(language, LETTER_MARK)
  }
  const most = Math.max(0, ...counts.values())
  // Of equals the first of the table is meant, English before all.
  const found = most === 0 ? known[0] : known.find(language => counts.get(language) === most)
  if (script !== 'Latin' || (found === ENGLISH && most > 0)) return found
  return most >= least(words.length) ? found : undefined
}

/** Reads words of a language as stems, its commonest words apart. */
export function createStems({ words, stem }: Language): Tokenize {
  const known = new Map<string, string>()
  return text =>
    tokenize(text, word => {
      let stemmed = known.get(word)
      if (stemmed === undefined) {
        stemmed = words.has(word) ? `${word}${EMPTY_MARK}` : stem(word) || word
        if (known.size < 100_000) known.set(word, stemmed)
      }
      return stemmed
    })
}

/** The same, with the words of a list found inside longer ones: `Netzwerkpakete` holds Netzwerk, `네트워크를` 네트워크. */
export function createJoinedStems(language: Language, isListed: (token: string) => boolean): Tokenize {
  const stems = createStems(language)
  if (language.joining === undefined) return stems
  return text => stems(text).flatMap(token => (isListed(token) ? token : partsOf(token, language, isListed)))
}

const HEBREW_PROCLITICS = /^[והבלמשכ]{1,4}$/
const LONGEST_PROCLITICS = 4
const LONGEST_WORD = 60

function partsOf(token: string, { joining, shortestPart }: Language, isListed: (token: string) => boolean): string[] {
  if (token.length > LONGEST_WORD || token.endsWith(EMPTY_MARK)) return [token]
  if (joining === 'prefixes') {
    for (let start = 1; start <= LONGEST_PROCLITICS && token.length - start >= shortestPart; start += 1)
      if (HEBREW_PROCLITICS.test(token.slice(0, start)) && isListed(token.slice(start))) return [token.slice(start)]
    return [token]
  }
  let end = token.length - 1
  while (end >= shortestPart && !isListed(token.slice(0, end))) end -= 1
  const head = end >= shortestPart ? token.slice(0, end) : undefined
  if (joining === 'endings') return [head ?? token]
  let start = head === undefined ? 1 : end
  while (token.length - start >= shortestPart && !isListed(token.slice(start))) start += 1
  const tail = token.length - start >= shortestPart ? [token.slice(start)] : []
  return [head ?? token, ...tail]
}
