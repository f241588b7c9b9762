import type { Passage, ReadText } from '../core/passages.ts'

const SENTENCES = 3
const LONGEST = 12
const VERB = /^(?:\S+\s+){1,8}?(?:is|are)\s+(?:also\s+|just\s+|simply\s+)?(?:an?|the|your|our|one of the)\s+/i
const ARTICLE = /^(?:an?|the)\s+/i
const NOUN_PHRASE_END =
  /\s(?:for|that|which|to|with|in|on|by|from|using|written|built|designed|where|who|when|made|used|aimed|inspired|powered|allowing|providing|supporting|featuring|as|at|into|through|via|so|while|if|is|are|can|lets?|allows|helps|makes|provides)\s|[;:()]|\s[-–—]\s/i

const nounPhrase = (words: string): string =>
  (words.split(NOUN_PHRASE_END, 1)[0] ?? '').replace(/,/g, ' ').trim().split(/\s+/).slice(0, LONGEST).join(' ')

/** What the document says its subject *is*: "X is a small library for …" gives "small library". */
export function definitionsIn({ opening }: ReadText): string[] {
  const found: string[] = []
  const sentences = opening.flatMap(paragraph => paragraph.split(/[.!?](?:\s+|$)/, SENTENCES)).slice(0, SENTENCES)
  sentences.forEach((sentence, place) => {
    const words = sentence.trim()
    if (VERB.test(words)) found.push(nounPhrase(words.replace(VERB, '')))
    else if (ARTICLE.test(words)) found.push(nounPhrase(words.replace(ARTICLE, '')))
    else if (place === 0) found.push(nounPhrase(words))
  })
  return found.filter(phrase => phrase !== '')
}

/** A sign of what kind of thing a text is about, and the words people have for that kind. */
interface FormCue {
  readonly names: readonly string[]
  /** What was found, as it stands in the text. */
  readonly sign: string
}

const COMMAND = ['cli', 'command line', 'command-line tool', 'command-line interface', 'console application']
const LIBRARY = ['lib', 'library', 'software library', 'development library']
const SERVER = ['server', 'server software']
const WEB_APPLICATION = ['web application', 'web app', 'webapp']

const SIGNS: readonly { names: readonly string[]; sign: RegExp; unless?: RegExp }[] = [
  {
    names: COMMAND,
    sign: /\bnpm (?:i|install) (?:-g|--global)\b|\byarn global add\b|\bpnpm add -g\b|\b(?:cargo|brew|pipx|go|scoop|winget|choco|uv tool) install\b|\s--help\b|\b[Uu]sage: [a-z]/,
  },
  {
    names: LIBRARY,
    sign: /\b(?:npm (?:i|install)(?: --save| -S)?|yarn add|pnpm add|bun add|pip3? install|cargo add|go get|composer require|gem install|poetry add|dotnet add package) @?[\w./-]{2,60}|\brequire\(['"][^'"\n]{1,80}['"]\)|^\s{0,8}import\s.{1,120}\sfrom\s['"]|^from \w[\w.]{0,60} import |^import \w|^#include [<"]|^use \w{1,40}::/m,
    unless:
      /\bnpm (?:i|install) (?:-g|--global)\b|\byarn global add\b|\b(?:cargo|brew|pipx|scoop|winget|choco|uv tool) install\b/,
  },
  {
    names: SERVER,
    sign: /\blocalhost:\d+|\b127\.0\.0\.1:\d+|\b0\.0\.0\.0:\d+|\s-p \d+:\d+|\blisten(?:s|ing)? on (?:port|:)/,
  },
  {
    names: WEB_APPLICATION,
    sign: /\bdocker[- ]compose up\b|\b[Ss]elf-?host/,
  },
]

/** Every name that a cue may bear. */
export const FORM_NAMES: readonly string[] = SIGNS.flatMap(({ names }) => names)

/** The signs of form in a text: how it is installed, called or imported. At most one for each kind. */
export function formCuesIn(passages: readonly Passage[]): FormCue[] {
  const text = passages.map(passage => passage.text).join('\n')
  return SIGNS.flatMap(({ names, sign, unless }) => {
    const found = sign.exec(text)?.[0]
    return found === undefined || unless?.test(text) ? [] : [{ names, sign: found.trim() }]
  })
}
