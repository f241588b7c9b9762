import { basename } from 'node:path'
import type { Command } from 'commander'
import { ServiceError } from '../../core/outcome.ts'
import { examples } from '../common/flags.ts'
import { readText } from '../input.ts'
import { type CommandContext, exitCodes } from '../terminal.ts'

/** Under `tagsmith evaluate`. */
export function addAgreementCommand(evaluate: Command, { terminal, run }: CommandContext): void {
  evaluate
    .command('agreement')
    .description('tell how far labellings of the same documents agree, each with each')
    .argument(
      '<labels...>',
      'files of lines {"id","tags":[…],"acceptable"?:[…]}, or what tagsmith evaluate --json wrote',
    )
    .addHelpText('after', examples('tagsmith evaluate agreement gold.jsonl second-labels.jsonl run.json'))
    .action(
      run(async (files: readonly string[]) => {
        const { agreementInWords, agreementOf, readLabellings } = await import('../../quality/index.ts')
        const contents = await Promise.all(files.map(file => readText(file, terminal)))
        const labellings = contents.flatMap((content, place) => readLabellings(basename(files[place]!), content))
        if (labellings.length < 2)
          throw new ServiceError('invalid_request', 'It takes two labellings to tell how far they agree.')
        const told = labellings.flatMap((one, place) =>
          labellings.slice(place + 1).map(other => agreementInWords(agreementOf(one, other), [one.name, other.name])),
        )
        terminal.stdout.write(told.join('\n'))
        return exitCodes.ok
      }),
    )
}
