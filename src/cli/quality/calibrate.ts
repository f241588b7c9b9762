import { writeFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { ServiceError } from '../../core/outcome.ts'
import type { Report } from '../../quality/index.ts'
import { examples } from '../common/flags.ts'
import { readJson } from '../input.ts'
import { type CommandContext, exitCodes } from '../terminal.ts'

interface CalibrateFlags {
  readonly variant?: string
  readonly error: number
  readonly output?: string
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`

export function addCalibrateCommand(program: Command, { terminal, run }: CommandContext): void {
  program
    .command('calibrate')
    .description('turn confidences into probabilities, and say above which an answer needs no second look')
    .argument('<run.json>', 'what tagsmith evaluate --json wrote')
    .option('--variant <name>', 'which one of the run; the first when left out')
    .option('--error <share>', 'the share of accepted answers that may be wrong', readShare, 0.1)
    .option('--output <calibration.json>', 'where to write the map')
    .addHelpText('after', examples('tagsmith calibrate run.json --error 0.05 --output calibration.json'))
    .action(
      run(async (file: string, { variant: name, error, output }: CalibrateFlags) => {
        const { answersOf, calibrated, fitCalibration, pairsOf, promisedThreshold, quality } = await import(
          '../../quality/index.ts'
        )
        const { variants = [] } = (await readJson(file, terminal)) as Partial<Report>
        const variant = name === undefined ? variants[0] : variants.find(one => one.name === name)
        if (!variant) {
          const names = variants.map(one => one.name).join('; ') || 'none'
          throw new ServiceError('invalid_request', `${file} holds no such variant; it has: ${names}.`)
        }
        const pairs = pairsOf(variant.documents)
        const calibration = fitCalibration(pairs, variant.of)
        if (!calibration) {
          const message = `${variant.name} has ${pairs.length} tags with a confidence; it takes 50, some right and some wrong.`
          throw new ServiceError('invalid_request', message)
        }
        const told = (of: (pair: (typeof pairs)[number]) => number) =>
          quality(pairs.map(pair => ({ probability: of(pair), right: pair.right })))
        const [before, after] = [
          told(pair => pair.confidence),
          told(({ tag, confidence }) => calibrated(calibration, tag, confidence)),
        ]
        const promise = promisedThreshold(answersOf(variant.documents, calibration), error)
        terminal.stdout.write(
          [
            `${variant.name}: ${pairs.length} tags with a confidence, ${calibration.map.kind} scaling, ${Object.keys(calibration.offsets).length} tags with an offset of their own`,
            `calibration error ${percent(before.ece)} as told, ${percent(after.ece)} on the same tags once calibrated`,
            `Brier score ${before.brier.toFixed(4)} as told, ${after.brier.toFixed(4)} once calibrated`,
            promise
              ? `review below ${promise.review_below}: of ${percent(promise.coverage)} of the answers that are above, at most ${percent(error)} are wrong, with 95 % confidence on texts like these (here ${percent(promise.wrong)} of ${promise.accepted})`
              : `no threshold keeps the wrong answers to ${percent(error)} with 95 % confidence: every answer needs a look, or more labels`,
            '',
          ].join('\n'),
        )
        if (output)
          await writeFile(output, `${JSON.stringify({ ...calibration, promise: promise ?? null }, null, 1)}\n`)
        return exitCodes.ok
      }),
    )
}

function readShare(value: string): number {
  if (!/^0?\.\d+$/.test(value) || Number(value) === 0)
    throw new InvalidArgumentError('It is not a share between 0 and 1, such as 0.05.')
  return Number(value)
}
