import type { TagList } from '../core/tags/tag-list.ts'
import { ENGLISH, type Language } from './languages.ts'
import type { WordVectors } from './meaning/word-vectors.ts'
import { languageOf } from './reading.ts'
import { mainScript, type Script, scriptsIn } from './scripts.ts'
import { isContentWord, tokenize } from './tokens.ts'

/** As many tags of a long list are looked at. */
const SAMPLE = 500
/** A list has words in a script when this share of its tags has: a single name in it does not make it readable. */
const LEAST_SHARE = 0.1
const LEAST_KNOWN = 0.5
/** Half of the words of a text or list in another language may be names that English has. */
const LEAST_KNOWN_OF_ANOTHER = 0.7
const FEW_WORDS = 4
/** Names hold few of the words that tell a language. */
const LEAST_MARKS = 2

/** What languages the names, aliases and descriptions of a list are in. */
export interface ListLanguages {
  speaks(language: Language): boolean
  /** Whether words of the list may be found in a text; `language` is undefined where it cannot be told. */
  reads(text: string, language: Language | undefined): boolean
}

export function createListLanguages(list: TagList, vectors: WordVectors | undefined): ListLanguages {
  let found: ReturnType<typeof sampled> | undefined

  function sampled() {
    const step = Math.max(1, Math.floor(list.tags.length / SAMPLE))
    const tags = list.tags
      .filter((_, place) => place % step === 0)
      .map(({ name, aliases, description = '' }) => [name, ...aliases, description].join('\n'))
    const scripts = new Map<Script, number>()
    for (const tag of tags) for (const script of scriptsIn(tag)) scripts.set(script, (scripts.get(script) ?? 0) + 1)
    const words = new Set(tags.flatMap(tag => tokenize(tag)))
    const isWritten = (script: Script) => (scripts.get(script) ?? 0) >= LEAST_SHARE * tags.length
    return {
      isWritten,
      words,
      language: languageOf(tags.join('\n'), () => LEAST_MARKS),
      isEnglish: shareKnown(words) >= LEAST_KNOWN_OF_ANOTHER,
    }
  }

  function shareKnown(tokens: Iterable<string>, listed?: ReadonlySet<string>): number {
    const telling = [...tokens].filter(isContentWord)
    const known = telling.filter(token => listed?.has(token) || vectors?.bodyWeight(token) !== undefined)
    return telling.length === 0 ? 1 : known.length / telling.length
  }

  function speaks(language: Language): boolean {
    found ??= sampled()
    if (!found.isWritten(language.script)) return false
    if (language === ENGLISH || language.script !== 'Latin') return true
    // Without word vectors nothing tells an English list; names alone seldom tell their language.
    return found.language ? found.language === language : vectors === undefined || !found.isEnglish
  }

  return {
    speaks,
    reads(text, language) {
      if (language && speaks(language)) return true
      found ??= sampled()
      const script = mainScript(text)
      if (!found.isWritten(script)) return !/\p{L}/u.test(text)
      if (script !== 'Latin' || vectors === undefined) return true
      const tokens = new Set(tokenize(text))
      const least = language ? LEAST_KNOWN_OF_ANOTHER : LEAST_KNOWN
      return (!language && tokens.size <= FEW_WORDS) || shareKnown(tokens, found.words) >= least
    },
  }
}
