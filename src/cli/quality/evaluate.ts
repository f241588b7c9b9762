import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { ServiceError } from '../../core/outcome.ts'
import type { Progress } from '../../quality/index.ts'
import { collect, examples, readMatching, readNumber } from '../common/flags.ts'
import { readGoldFile, readJson } from '../input.ts'
import { loadServices } from '../services.ts'
import { type CommandContext, exitCodes, isTerminal, type Terminal } from '../terminal.ts'
import { addAgreementCommand } from './agreement.ts'
import { createVariants, type VariantFlags } from './evaluate-variants.ts'
import { addSuspectsCommand } from './suspects.ts'

interface EvaluateFlags extends VariantFlags {
  readonly answers: string
  readonly limit?: number
  readonly seed: number
  readonly concurrency?: number
  readonly maxUsd?: number
  readonly precision?: number
  readonly min: readonly string[]
  readonly baseline?: string
  readonly failIf?: number
  readonly strict?: boolean
  readonly learning?: boolean
  readonly json?: string
  readonly html?: string
  readonly junit?: string
  readonly markdown?: string
}

export function addEvaluateCommand(program: Command, { terminal, run }: CommandContext): void {
  const evaluation = program
    .command('evaluate')
    .description('say how good the answers are, on texts whose right tags are known')
    .argument('<gold.jsonl>', 'lines of {"id","text" or "file","tags":[…],"acceptable"?:[…],"group"?}')
    .option('--prompt <name>', 'a prompt to try; again for another', collect, [])
    .option('--endpoint <name>', 'an endpoint to try; again for another', collect, [])
    .option('--list <list.json>', 'the tag list, in place of that of the prompt')
    .option('--answers <file>', 'where answers are kept, so that none is asked for twice', '.tagsmith/evaluate.jsonl')
    .option(
      '--orders <number>',
      'ask again under so many orders of the list: how often does the answer change',
      readCount,
      0,
    )
    .option('--limit <number>', 'the most documents, drawn by the seed', readCount)
    .option('--seed <number>', 'of the draw', readNumber, 1)
    .option('--concurrency <number>', 'the most documents at once; UPSTREAM_CONCURRENCY when left out', readCount)
    .option('--max-usd <dollars>', 'ask nothing more once it has cost so much', readNumber)
    .option('--precision <share>', 'stop once the interval of set F1 is so narrow to either side, as 0.03', readNumber)
    .option('--min <measure=share>', 'exit with 100 below, as set-f1=0.60; again for another', collect, [])
    .option('--baseline <run.json>', 'what --json wrote of an earlier run, to compare with')
    .option('--fail-if <worse=points>', 'exit with 100 when clearly worse than the baseline, as worse=2', readWorse)
    .option('--strict', 'exit with 101 when a gate cannot be told')
    .option('--learning', 'tell what the embedded ranker learns from the documents, each left out for itself')
    .option('--json <file>', 'write all of it')
    .option('--html <file>', 'write a page that stands alone')
    .option('--junit <file>', 'write the gates for CI')
    .option('--markdown <file>', 'write it for a pull request')
    .addHelpText(
      'after',
      `${examples(
        'tagsmith evaluate gold.jsonl --html report.html',
        'tagsmith evaluate gold.jsonl --min set-f1=0.60 --baseline run.json --fail-if worse=2',
      )}\nExit codes: 0 done, 2 the command or its input is wrong, 100 a gate failed, 101 a gate cannot be told (--strict).`,
    )
    .action(run((file: string, flags: EvaluateFlags) => evaluate(file, flags, terminal)))
  addAgreementCommand(evaluation, { terminal, run })
  addSuspectsCommand(evaluation, { terminal, run })
}

async function evaluate(file: string, flags: EvaluateFlags, terminal: Terminal): Promise<number> {
  const [{ createServices }, { loadConfig }] = await loadServices()
  const quality = await import('../../quality/index.ts')
  const config = loadConfig(terminal.env)
  const gates = flags.min.map(words => quality.readGate(words) ?? refuse('--min', words, quality.gateNames))
  const baseline = flags.baseline === undefined ? undefined : await readJson(flags.baseline, terminal)
  const gold = await readGoldFile(file, terminal)
  const confirmed = quality.createLeaveOneOut(gold, (text, prompt) =>
    services.tasks.read({ text, prompt }).document.text(),
  )
  const corrections = {
    of: () => undefined,
    confirmed: async (request: Parameters<typeof confirmed>[0]) => confirmed(request),
  }
  const services = await createServices(config, { rawConfidences: true, orders: flags.orders, corrections })
  const variants = await createVariants(flags, { services, confirmed, terminal })
  for (const { list } of variants) quality.refuseForeignTags(gold, list.byId)
  if (flags.learning) {
    const { createRanker, loadWordVectors } = await import('../../ranker/index.ts')
    const vectors = loadWordVectors()
    const study = quality.createLearningStudy(gold, {
      list: variants[0]!.list,
      createRanker: (list, examples) => createRanker(list, { vectors, examples }),
    })
    terminal.stdout.write(quality.learningInWords(study))
    return exitCodes.ok
  }
  const stop = new AbortController()
  const deaf = terminal.onInterrupt?.(() =>
    stop.abort(new ServiceError('client_closed', 'Stopped; what was answered is kept.')),
  )
  const isShown = isTerminal(terminal.stderr)
  const runs = await quality
    .runVariants(variants, gold, {
      journal: quality.openJournal(flags.answers),
      concurrency: flags.concurrency ?? config.UPSTREAM_CONCURRENCY,
      ...{ seed: flags.seed, limit: flags.limit, maxUsd: flags.maxUsd, precision: flags.precision },
      signal: stop.signal,
      ...(isShown && { onProgress: progress => void terminal.stderr.write(progressLine(progress)) }),
    })
    .finally(() => deaf?.())
  if (isShown) terminal.stderr.write('\n')
  const [usual, shuffled] = [true, false].map(isUsual =>
    runs.filter((_, place) => (variants[place]!.order === undefined) === isUsual),
  )
  const reported = quality.reportVariants(usual!, shuffled)
  const comparisons = quality.comparisonsOf(reported, baseline as Parameters<typeof quality.comparisonsOf>[1])
  const margin = flags.failIf
  const results = [
    ...reported.flatMap(({ name, summary }) => quality.checkGates(name, summary, gates)),
    ...(margin === undefined ? [] : comparisons.map(comparison => quality.checkBaseline(comparison, margin))),
  ]
  const asked = Math.max(...reported.map(({ documents }) => documents.length))
  const names = new Map(variants.flatMap(({ list }) => list.tags.map(({ id, name }) => [String(id), name] as const)))
  const report = {
    ...{ version: 1 as const, gold: { name: basename(file), documents: asked, hash: quality.hashOf(gold) } },
    ...{ seed: flags.seed, names: Object.fromEntries(names), variants: reported, comparisons, gates: results },
  }
  const words = { names, documents: new Map(gold.map(document => [document.id, document])) }
  if (flags.json) await writeFile(flags.json, `${JSON.stringify(report, null, 1)}\n`)
  if (flags.html) await writeFile(flags.html, quality.htmlReport(report, words))
  if (flags.junit) await writeFile(flags.junit, quality.junitReport(report))
  if (flags.markdown) await writeFile(flags.markdown, quality.markdownReport(report))
  terminal.stdout.write(quality.textReport(report, words))
  return quality.gateExit(results, { strict: flags.strict === true })
}

const progressLine = ({ variant, done, total, costUsd, reused }: Progress) =>
  `\r${variant}: ${done} of ${total}, ${reused} known, $${costUsd.toFixed(4)}\u001b[K`

const readCount = readMatching(/^[1-9]\d*$/, 'a whole number above 0')

function readWorse(value: string): number {
  const [, points] = /^worse=(\d+(?:\.\d+)?)$/.exec(value) ?? []
  if (points === undefined) throw new InvalidArgumentError('It is not of the form worse=2, in points of set F1.')
  return Number(points) / 100
}

function refuse(option: string, words: string, names: string): never {
  throw new ServiceError('invalid_request', `${option} ${words} is no measure and share; the measures are ${names}.`)
}
