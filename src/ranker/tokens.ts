const SPELLINGS: readonly [RegExp, string][] = [
  [/\bc\+\+/g, 'cplusplus'],
  [/\b([cf])#/g, '$1sharp'],
  [/(^|\s)\.net\b/g, '$1dotnet'],
  [/\bnode\.js\b/g, 'node'],
  [/\bci\s?\/\s?cd\b/g, 'cicd'],
  [/\be-commerce\b/g, 'ecommerce'],
  [/\bpub\s?\/\s?sub\b/g, 'pubsub'],
  [/\btcp\s?\/\s?ip\b/g, 'tcpip'],
  [/\bhttp\s?\/\s?([1-3])\b/g, 'http$1'],
]
/** Marks that occur in at least one of the spellings above; most names hold none. */
const UNUSUAL = /[+#./]|e-commerce/
/** Scripts written without spaces are read character by character, so that a name is found inside a sentence. */
const WORD =
  /[[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}]&&[\p{L}\p{N}\p{M}]]|(?:[[\p{L}\p{N}]--[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}]]\p{M}*)+/gv

export const BEYOND_ASCII = /[^\0-\x7f]/
/** Vowel points, marks of direction, joiners and the Arabic stretch: written or not, the word is the same. */
const UNWRITTEN = /[\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u200c-\u200f\u00ad]/gu

/** Words that say nothing about a text's subject. */
const STOP_WORDS = new Set(
  `a about above across after again against all almost also although always am among an and another any are as at be became because become been
  before being below between both but by can cannot could did do does doing done down during each either else ever every few for from further get
  gets getting give given go goes going got had has have having he her here hers him his how however i if in into is it its itself just let like
  made make makes making many may me might more most much must my need needs neither never new no none nor not now of off often on once one only
  onto or other others our out over own per please put rather really same see set several she should since so some still such take than that the
  their them then there these they this those through thus to together too toward under until up upon us use used useful user using very via want
  was way we well were what when where whether which while who whole whom whose why will with within without would yet you your`.split(
    /\s+/,
  ),
)

/** Ends the token of a word that says nothing in a language other than English. */
export const EMPTY_MARK = '·'

const isDigits = (token: string): boolean => !/^[a-z]/.test(token) && /^\p{N}+$/u.test(token)

/** Takes the plural off a word, and nothing else. */
export function singular(word: string): string {
  if (word.length < 4 || word.at(-1) !== 's' || /\d/.test(word)) return word
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`
  if (/(?:ss|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2)
  return /(?:ss|us|is|os)$/.test(word) ? word : word.slice(0, -1)
}

/** What people vary without meaning it: form and case, also of the Turkish i, the points of Hebrew and Arabic vowels. */
export function fold(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase()
  return BEYOND_ASCII.test(folded)
    ? folded.replaceAll('i\u0307', 'i').replaceAll('ı', 'i').replace(UNWRITTEN, '')
    : folded
}

/** Cuts a text into tokens that are the same for all forms of a word that are told apart. */
export type Tokenize = (text: string) => string[]

/** The words of a text, folded so that what people vary without meaning it does not matter. */
export function tokenize(text: string, stem: (word: string) => string = singular): string[] {
  let folded = fold(text)
  if (UNUSUAL.test(folded)) for (const [spelling, word] of SPELLINGS) folded = folded.replace(spelling, word)
  return (folded.match(WORD) ?? []).map(word => stem(word))
}

/** How much a word that no statistics know can say: all of it, unless it is a stop word or a number. */
export function plainWeight(token: string): number {
  if (STOP_WORDS.has(token) || token.endsWith(EMPTY_MARK)) return 0.02
  return isDigits(token) ? 0.3 : 1
}

/** Does this word carry a subject at all? */
export const isContentWord = (token: string): boolean =>
  token.length > 1 && !STOP_WORDS.has(token) && !isDigits(token) && !token.endsWith(EMPTY_MARK)

/** The last step of a name that is a path, such as `field::chemistry`; the whole of any other name. */
export const lastStep = (name: string): string => name.split(/::| > | \/ /).at(-1) || name
