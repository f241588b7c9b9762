import type { Command } from 'commander'
import { examples, readMatching } from '../common/flags.ts'
import { readGoldFile, readJson } from '../input.ts'
import { type CommandContext, exitCodes } from '../terminal.ts'

interface SuspectsFlags {
  readonly confidence: number
  readonly gold?: string
}

const wordsShown = 25

/** Under `tagsmith evaluate`. */
export function addSuspectsCommand(evaluate: Command, { terminal, run }: CommandContext): void {
  evaluate
    .command('suspects')
    .description('list the labels that a confident answer contradicts, the surest first: labels are wrong too')
    .argument('<run.json>', 'what tagsmith evaluate --json wrote')
    .option(
      '--confidence <share>',
      'how sure an answer has to be',
      readMatching(/^(0(\.\d+)?|1(\.0+)?)$/, 'a number from 0 to 1'),
      0.9,
    )
    .option('--gold <gold.jsonl>', 'the labelled texts, to show how they begin')
    .addHelpText('after', examples('tagsmith evaluate suspects run.json --gold gold.jsonl --confidence 0.95'))
    .action(
      run(async (file: string, { confidence, gold }: SuspectsFlags) => {
        const { suspects } = await import('../../quality/index.ts')
        const { variants = [], names = {} } = (await readJson(file, terminal)) as Partial<Run>
        const documents = gold === undefined ? [] : await readGoldFile(gold, terminal)
        const texts = new Map(documents.map(({ id, text }) => [id, text]))
        const named = (tags: readonly string[]) => tags.map(tag => names[tag] ?? tag).join(', ') || 'none'
        let found = 0
        for (const { name, documents: judged } of variants) {
          for (const suspect of suspects(judged, confidence)) {
            const { id, expected, given } = suspect.document
            found += 1
            const begins = texts.get(id)?.trim().split(/\s+/).slice(0, wordsShown).join(' ')
            terminal.stdout.write(
              `${id}: lacks ${named([suspect.tag])} (${suspect.confidence.toFixed(2)}); labelled ${named(expected)}; ${name} says ${named(given)}\n${begins === undefined ? '' : `  ${begins}\n`}`,
            )
          }
        }
        if (found === 0) terminal.stdout.write(`no answer of ${confidence} or more contradicts a label\n`)
        return exitCodes.ok
      }),
    )
}

type Run = import('../../quality/index.ts').Report & { readonly names: Readonly<Record<string, string>> }
