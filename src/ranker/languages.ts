import { stemmer as armenian } from '@orama/stemmers/armenian'
import { stemmer as bulgarian } from '@orama/stemmers/bulgarian'
import { stemmer as danish } from '@orama/stemmers/danish'
import { stemmer as dutch } from '@orama/stemmers/dutch'
import { stemmer as finnish } from '@orama/stemmers/finnish'
import { stemmer as french } from '@orama/stemmers/french'
import { stemmer as german } from '@orama/stemmers/german'
import { stemmer as greek } from '@orama/stemmers/greek'
import { stemmer as hungarian } from '@orama/stemmers/hungarian'
import { stemmer as hindi } from '@orama/stemmers/indian'
import { stemmer as indonesian } from '@orama/stemmers/indonesian'
import { stemmer as italian } from '@orama/stemmers/italian'
import { stemmer as norwegian } from '@orama/stemmers/norwegian'
import { stemmer as portuguese } from '@orama/stemmers/portuguese'
import { stemmer as romanian } from '@orama/stemmers/romanian'
import { stemmer as russian } from '@orama/stemmers/russian'
import { stemmer as serbian } from '@orama/stemmers/serbian'
import { stemmer as spanish } from '@orama/stemmers/spanish'
import { stemmer as swedish } from '@orama/stemmers/swedish'
import { stemmer as tamil } from '@orama/stemmers/tamil'
import { stemmer as ukrainian } from '@orama/stemmers/ukrainian'
import { Converter } from 'opencc-js/t2cn'
import type { Script } from './scripts.ts'

const list = (words: string): readonly string[] => words.split(' ')

/** What Polish and Czech words end in, the longest first; a rough cut, made on both sides alike. */
const POLISH_ENDINGS = list(
  'owania owanie owaniu ościach ościami ości ość iejszy ejszy ymi imi ami ach owi ego emu iem om ów em ie ia iu ią ię ych ich ym im ej y i a e u ą ę o',
)
const CZECH_ENDINGS = list(
  'ování ováním ostech ostmi osti ost ými ích ách ami emi ové ovi ého ému ech ům em ou ím ým ých í ý á é ě y i a e u o',
)
/** As the light stemmer "light10" has them (Larkey, Ballesteros, Connell: Light Stemming for Arabic Information Retrieval). */
const ARABIC_PREFIXES = list('وال بال كال فال ال لل و')
const ARABIC_ENDINGS = list('ها ان ات ون ين يه ية ه ة ي')
const TURKISH_ENDINGS = list(
  'larini lerini larinin lerinin larindan lerinden larinda lerinde larin lerin lari leri lardan lerden larda lerde lara lere lar ler ndan nden nda nde dan den tan ten da de ta te nin nun nün in un ün yla yle la le si su sü yi yu yü i u ü ya ye a e',
)

const SOFT: Record<string, string> = { ć: 'c', ń: 'n', ś: 's', ź: 'z', ť: 't', ď: 'd', ň: 'n', ğ: 'k' }
const shortestStem = 3

/** Takes endings off as long as there is one, so that forms of different length meet. */
function endless(word: string, endings: readonly string[], shortest = shortestStem): string {
  let stem = word
  for (;;) {
    const ending = endings.find(end => stem.endsWith(end) && stem.length - end.length >= shortest)
    if (ending === undefined) break
    stem = stem.slice(0, -ending.length)
  }
  const last = stem.at(-1) ?? ''
  return Object.hasOwn(SOFT, last) ? stem.slice(0, -1) + SOFT[last] : stem
}

const polishStem = (word: string): string => endless(word, POLISH_ENDINGS)
const czechStem = (word: string): string => endless(word, CZECH_ENDINGS)
/** Without the dots of i, which `fold` takes off. */
const turkishStem = (word: string): string => endless(word, TURKISH_ENDINGS, 2)

function arabicStem(word: string): string {
  const plain = word.replace(/[أإآ]/g, 'ا').replaceAll('ى', 'ي')
  const prefix = ARABIC_PREFIXES.find(start => plain.startsWith(start) && plain.length - start.length >= shortestStem)
  return endless(prefix ? plain.slice(prefix.length) : plain, ARABIC_ENDINGS)
}

const mostCharacters = 50_000
const simplified = new Map<string, string>()
let convert: ((text: string) => string) | undefined

/** A Chinese character as the simplified script has it; the traditional one and its simplified form become the same. */
function simplifiedCharacter(character: string): string {
  const known = simplified.get(character)
  if (known !== undefined) return known
  const converter = convert ?? Converter({ from: 't', to: 'cn' })
  convert = converter
  const found = /\p{Script=Han}/u.test(character) ? converter(character) : character
  if (simplified.size < mostCharacters) simplified.set(character, found)
  return found
}

type Joining = 'compounds' | 'endings' | 'prefixes'

/** What has to be known of a language to find its words again. */
export interface Language {
  /** ISO 639-1. */
  readonly code: string
  readonly script: Script
  /** Its commonest words: they tell it from others, and say nothing themselves. */
  readonly words: ReadonlySet<string>
  /** Letters that hardly any other language of the script has. */
  readonly letters: RegExp | undefined
  /** A word without what inflection adds to it. */
  readonly stem: (word: string) => string
  /** Where a word of a tag may stand inside a longer word: in a compound, before its endings, behind an article. */
  readonly joining: Joining | undefined
  /** The shortest word that is looked for inside a longer one. */
  readonly shortestPart: number
}

const same = (word: string): string => word

function language(
  code: string,
  script: Script,
  words: string,
  { stem = same, letters, joining }: Partial<Pick<Language, 'stem' | 'letters' | 'joining'>> = {},
): Language {
  const known = new Set(words.split(' ').filter(word => word !== ''))
  return { code, script, words: known, letters, stem, joining, shortestPart: script === 'Latin' ? 4 : 2 }
}

/** English is what the ranker was made for: it has statistics of its words, and no stemmer but for the plural. */
export const ENGLISH = language(
  'en',
  'Latin',
  'the a and of to in is i do no me my so he one us was its more how for with that this on as it you are from by can your be an or not at which has have will if all when we use',
)

/*
 * Stemmers are those of Snowball, as packed by Orama; where it has none, or one that takes the
 * first letter of `بيانات` for an article or tells `veritabanı` from its plural, they are in stems.ts.
 */
export const LANGUAGES: readonly Language[] = [
  ENGLISH,
  language(
    'de',
    'Latin',
    'der die das und ist von zu mit für den dem des ein eine einer auf nicht auch werden wird sich oder aus bei als im wie es sie kann nach über zur zum durch',
    { stem: german, letters: /[äöüß]/, joining: 'compounds' },
  ),
  language(
    'fr',
    'Latin',
    'le la les de des du et est un une pour dans en que qui sur avec par au aux ce cette vous il ne pas plus ou sont votre',
    { stem: french, letters: /[èêœ]/ },
  ),
  language(
    'es',
    'Latin',
    'el la los las de del y es un una para en que con por se al lo su como más o sus esta este son puede',
    { stem: spanish, letters: /[ñ¿¡]/ },
  ),
  language(
    'pt',
    'Latin',
    'o a os as de do da dos das e é um uma para em no na que com por se ao não mais ou são você seu sua',
    { stem: portuguese, letters: /[ãõ]/ },
  ),
  language(
    'it',
    'Latin',
    'il lo la i gli le di del della dei e è un una per in nel che con da si al non più o sono come questo',
    { stem: italian, letters: /[òìù]/ },
  ),
  language(
    'nl',
    'Latin',
    'de het een en van is op voor met dat niet aan te zijn die wordt worden door naar ook om bij uit kan je of als deze',
    { stem: dutch, joining: 'compounds' },
  ),
  language('sv', 'Latin', 'och att det är för som med av på en ett den till inte kan från eller har om du som din', {
    stem: swedish,
    letters: /[åäö]/,
    joining: 'compounds',
  }),
  language('da', 'Latin', 'og at det er for som med af på en et den til ikke kan fra eller har om du der din', {
    stem: danish,
    letters: /[æøå]/,
    joining: 'compounds',
  }),
  language('no', 'Latin', 'og å det er for som med av på en et den til ikke kan fra eller har om du din', {
    stem: norwegian,
    letters: /[æøå]/,
    joining: 'compounds',
  }),
  language('fi', 'Latin', 'ja on ei se että joka jotka kun myös tai ovat voi sekä mutta sen tämä niin kuin voit', {
    stem: finnish,
    letters: /[äö]/,
    joining: 'compounds',
  }),
  language('ro', 'Latin', 'și si de la în in cu pe un o este sunt pentru din care să nu mai sau prin ce al a', {
    stem: romanian,
    letters: /[șțşţăî]/,
  }),
  language(
    'pl',
    'Latin',
    'i w z na do nie się to jest że dla jak o od po przez oraz lub są który która które może być do za pod',
    { stem: polishStem, letters: /[ąęłśżźćń]/ },
  ),
  language(
    'cs',
    'Latin',
    'a v na se je že s z do pro to jako o k nebo jsou který která které po od za při také být lze',
    { stem: czechStem, letters: /[ěřůčšž]/ },
  ),
  language('hu', 'Latin', 'a az és egy hogy nem is van vagy ez meg csak mint amely lehet ha de el azok', {
    stem: hungarian,
    letters: /[őű]/,
    joining: 'compounds',
  }),
  language('tr', 'Latin', 've bir bu için ile da de olarak olan daha çok gibi ne veya her sonra kadar en değil', {
    stem: turkishStem,
    letters: /[ğışç]/,
  }),
  language(
    'id',
    'Latin',
    'yang dan di untuk dengan ini itu dari pada adalah dalam tidak akan atau oleh ke dapat sebagai anda',
    { stem: indonesian },
  ),
  language('ru', 'Cyrillic', 'и в не на с что по к из для это от как он но или за у же все его до при то вы так о', {
    stem: russian,
    letters: /[ыэъё]/,
  }),
  language('uk', 'Cyrillic', 'і в не на з що по до для це від як або та за у й про при ви його є із', {
    stem: ukrainian,
    letters: /[іїєґ]/,
  }),
  language('bg', 'Cyrillic', 'и в не на с че по от за да се е са като или до при това ще към със', { stem: bulgarian }),
  language('sr', 'Cyrillic', 'и у не на с да је се за од као или до при су који која које са из', {
    stem: serbian,
    letters: /[ђјљњћџ]/,
  }),
  language('el', 'Greek', 'και το η ο να του της με για την τα σε από που στο είναι ένα μια των τον οι στη ή', {
    stem: greek,
  }),
  language('ar', 'Arabic', 'في من على إلى أن هذا هذه التي الذي عن مع ما لا أو كل هو هي ذلك بين و', {
    stem: arabicStem,
  }),
  language('fa', 'Arabic', 'و در به از که این را با است برای آن یک می ها تا هم یا شما', {
    letters: /[پچژگ]/,
    joining: 'endings',
  }),
  language('he', 'Hebrew', 'של את על לא זה עם הוא או גם כל היא אם כי יש מה אל בין', { joining: 'prefixes' }),
  language('hy', 'Armenian', 'և է որ մեջ այս են համար ու', { stem: armenian }),
  language('hi', 'Devanagari', 'के है में की को से और का एक पर यह लिए हैं ने भी या जो कि', { stem: hindi }),
  language('ta', 'Tamil', 'ஒரு மற்றும் இந்த என்று என்ற', { stem: tamil, joining: 'endings' }),
  language('ko', 'Hangul', '및 이 그 수 등 또는 위한 있는 있습니다 합니다 하는', { joining: 'endings' }),
  language('ja', 'Kana', '', { stem: simplifiedCharacter }),
  language('zh', 'Han', '', { stem: simplifiedCharacter }),
  language('th', 'Thai', ''),
]
