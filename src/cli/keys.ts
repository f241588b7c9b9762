import { type Command, InvalidArgumentError } from 'commander'
import { createApiKey, type KeyLimits, type Scope, scopes } from '../core/api-key.ts'
import { ConfigError } from '../core/faults.ts'
import { examples, readNumber } from './common/flags.ts'
import { type CommandContext, exitCodes } from './terminal.ts'

interface NewKeyFlags extends KeyLimits {
  readonly scopes: readonly Scope[]
}

export function addKeysCommand(program: Command, { terminal, run }: CommandContext): void {
  program
    .command('keys')
    .description('the keys of those who may come in')
    .command('new')
    .description('make a key: it goes to stderr, this once; the line to store in API_KEYS_FILE goes to stdout')
    .argument('<name>', 'what the key is called in the log')
    .option('--scopes <list>', `what it opens, of ${scopes.join(',')}`, readScopes, ['classify', 'batch'])
    .option('--rate <requests>', 'the most requests a minute', readNumber)
    .option('--concurrency <requests>', 'the most requests at once', readNumber)
    .option('--tokens <tokens>', 'the most tokens a day, in UTC', readNumber)
    .option('--usd <dollars>', 'the most US dollars a day, in UTC; a model of unknown price costs nothing', readNumber)
    .addHelpText(
      'after',
      examples(
        'tagsmith keys new nightly --scopes batch --usd 5 >> keys.txt',
        'tagsmith keys new ada --rate 60 --concurrency 4',
      ),
    )
    .action(
      run(async (name: string, { scopes: opens, ...limits }: NewKeyFlags) => {
        const { key, line, faults } = createApiKey(name, { opens, limits })
        if (faults.length > 0) throw new ConfigError(faults.map(fault => `keys new: ${fault}`))
        terminal.stderr.write(`${key}\n`)
        terminal.stdout.write(`${line}\n`)
        return exitCodes.ok
      }),
    )
}

function readScopes(value: string): readonly Scope[] {
  const words = value.split(',') as Scope[]
  if (words.every(word => scopes.includes(word))) return words
  throw new InvalidArgumentError(`Scopes are ${scopes.join(', ')}.`)
}
