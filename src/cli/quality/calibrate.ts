import type { Command } from 'commander'
import { ServiceError } from '../../core/outcome.ts'
import type { Estimate, Report } from '../../quality/index.ts'
import { examples, readMatching } from '../common/flags.ts'
import { readJson } from '../input.ts'
import { type CommandContext, exitCodes } from '../terminal.ts'

interface CalibrateFlags {
  readonly variant?: string
  readonly error: number
  readonly output?: string
  readonly dryRun?: boolean
}

const readShare = readMatching(/^0?\.\d*[1-9]\d*$/, 'a share between 0 and 1, such as 0.05')
const percent = (share: number) => `${(100 * share).toFixed(1)} %`

export function addCalibrateCommand(program: Command, { terminal, run }: CommandContext): void {
  program
    .command('calibrate')
    .description('turn confidences into probabilities, and say above which an answer needs no second look')
    .argument('<run.json>', 'what tagsmith evaluate --json wrote')
    .option('--variant <name>', 'which one of the run; the first when left out')
    .option('--error <share>', 'the share of accepted answers that may be wrong', readShare, 0.1)
    .option('--output <calibration.json>', 'where it is kept with others; CALIBRATION_FILE when left out')
    .option('--dry-run', 'tell all this and keep nothing')
    .addHelpText('after', examples('tagsmith calibrate run.json --error 0.05 --output calibration.json'))
    .action(
      run(async (file: string, { variant: name, error, output, dryRun }: CalibrateFlags) => {
        const {
          calibrated,
          expectedLoss,
          fitCalibration,
          heldOut,
          pairsOf,
          promisedThreshold,
          quality,
          saveCalibration,
        } = await import('../../quality/index.ts')
        const { variants = [] } = (await readJson(file, terminal)) as Partial<Report>
        const variant = name === undefined ? variants[0] : variants.find(one => one.name === name)
        if (!variant) {
          const names = variants.map(one => one.name).join('; ') || 'none'
          throw new ServiceError('invalid_request', `${file} holds no such variant; it has: ${names}.`)
        }
        const { documents, engine, others } = ofOneEngine(variant)
        const of = { ...variant.of, ...engine }
        if (of.settings === undefined || of.model === undefined) {
          const message = `${file} was written by an earlier version: run tagsmith evaluate again, which asks nothing that it knows.`
          throw new ServiceError('invalid_request', message)
        }
        const pairs = pairsOf(documents)
        const calibration = fitCalibration(pairs, of)
        if (!calibration) {
          const message = `${variant.name} has ${pairs.length} tags with a confidence; it takes 50, some right and some wrong.`
          throw new ServiceError('invalid_request', message)
        }
        const before = quality(pairs.map(({ confidence, right }) => ({ probability: confidence, right })))
        const same = quality(
          pairs.map(({ tag, confidence, right }) => ({ probability: calibrated(calibration, tag, confidence), right })),
        )
        const held = heldOut(documents, of)
        const after = held ? quality(held.told) : same
        const promise = held && promisedThreshold(held.answers, error)
        const accepted = new Set(
          held?.answers.filter(({ confidence }) => promise && confidence >= promise.review_below).map(({ id }) => id),
        )
        const losses = variants
          .filter(other => promise && other !== variant && other.of.tag_list === of.tag_list)
          .flatMap(other => {
            const loss = expectedLoss(documents, { other: other.documents, accepted })
            return loss ? [lossInWords(other.name, loss)] : []
          })
        const where = held ? 'once calibrated on other texts' : 'on the same tags once calibrated'
        terminal.stdout.write(
          [
            `${variant.name}: ${pairs.length} tags with a confidence, ${calibration.map.kind} scaling, ${Object.keys(calibration.offsets).length} tags with an offset of their own`,
            ...(others > 0 ? [`${others} documents that another model answered are left out`] : []),
            `calibration error ${percent(before.ece)} as told, ${percent(after.ece)} ${where}`,
            `Brier score ${before.brier.toFixed(4)} as told, ${after.brier.toFixed(4)} ${where}`,
            promise
              ? `review below ${promise.review_below}: of ${percent(promise.coverage)} of the answers that are above, at most ${percent(error)} are wrong, with 95 % confidence on texts like these (here ${percent(promise.wrong)} of ${promise.accepted})`
              : `no threshold keeps the wrong answers to ${percent(error)} with 95 % confidence: every answer needs a look, or more labels`,
            ...losses,
            '',
          ].join('\n'),
        )
        if (dryRun) return exitCodes.ok
        const { loadConfig } = await import('../../config.ts')
        const kept = output ?? loadConfig(terminal.env).calibrationFile
        saveCalibration(kept, { ...calibration, promise: promise ?? null })
        terminal.stderr.write(`kept in ${kept}; a service that has it as CALIBRATION_FILE goes by it at once\n`)
        return exitCodes.ok
      }),
    )
}

/** The documents that the engine answered which answered most of them: a map holds for one alone. */
function ofOneEngine({ documents }: Report['variants'][number]) {
  const engines = Map.groupBy(documents, ({ endpoint, model }) => JSON.stringify([endpoint, model]))
  const [own = []] = [...engines.values()].sort((left, right) => right.length - left.length)
  const [{ endpoint, model } = { endpoint: '', model: '' }] = own
  return { documents: own, engine: { endpoint, model }, others: documents.length - own.length }
}

const points = (share: number) => (100 * share).toFixed(1)
const lossInWords = (name: string, { value, low, high }: Estimate) =>
  `those answers in the place of ${name} lose ${points(value)} points of set F1 over all texts (${points(low)} to ${points(high)})`
