import { Argument, type Command } from 'commander'
import { examples } from './common/flags.ts'
import { type CommandContext, exitCodes } from './terminal.ts'

/** Every command with the words that may follow it, by its path: `batch submit`. */
function wordsOf(command: Command, path: readonly string[] = []): Map<string, string[]> {
  const flags = command.options.flatMap(({ long }) => (long ? [long] : []))
  const words = new Map([[path.join(' '), [...command.commands.map(child => child.name()), ...flags, '--help']]])
  for (const child of command.commands) {
    for (const [childPath, childWords] of wordsOf(child, [...path, child.name()])) words.set(childPath, childWords)
  }
  return words
}

const bash = (words: ReadonlyMap<string, readonly string[]>): string => `_tagsmith() {
  local path= word current=\${COMP_WORDS[COMP_CWORD]} words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
${[...words.keys()]
  .filter(path => path !== '')
  .map(path => `      '${path}') path='${path}' ;;`)
  .join('\n')}
    esac
  done
  case "$path" in
${[...words].map(([path, follow]) => `    '${path}') words='${follow.join(' ')}' ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _tagsmith tagsmith
`

const zsh = (words: ReadonlyMap<string, readonly string[]>): string =>
  `autoload -U +X compinit bashcompinit && compinit && bashcompinit\n${bash(words)}`

const fish = (words: ReadonlyMap<string, readonly string[]>): string =>
  [...words]
    .flatMap(([path, follow]) => {
      const when =
        path === ''
          ? '__fish_use_subcommand'
          : path
              .split(' ')
              .map(word => `__fish_seen_subcommand_from ${word}`)
              .join('; and ')
      return follow.map(word => {
        const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`
        return `complete -c tagsmith -n '${when}' ${what}\n`
      })
    })
    .join('')

const shells = { bash, zsh, fish }

export function addCompletionCommand(program: Command, { terminal, run }: CommandContext): void {
  program
    .command('completion')
    .description('write what lets a shell complete the commands and their flags')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(shells)))
    .addHelpText('after', examples('source <(tagsmith completion bash)', 'tagsmith completion fish | source'))
    .action(
      run(async (shell: keyof typeof shells) => {
        terminal.stdout.write(shells[shell](wordsOf(program)))
        return exitCodes.ok
      }),
    )
}
