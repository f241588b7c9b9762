import type { Passage } from './passages.ts'

/** A sign of what kind of thing a text is about, and the words people have for that kind. */
export interface FormCue {
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
