import { type Command, Option } from 'commander'
import type { Delivery } from '../../core/batch/batch.ts'
import type { BatchReport } from '../../core/batch/batch-report.ts'
import { examples } from '../common/flags.ts'
import { withService } from '../common/running-service.ts'
import { type CommandContext, exitCodes, type Terminal } from '../terminal.ts'
import { listLine } from './batch-progress.ts'
import { addSubmitCommands, type OpenBatches } from './batch-submit.ts'
import { watchBatch } from './batch-watch.ts'
import { type ResultFlags, writeResults } from './write-results.ts'

/** Batches of a service that runs somewhere: nothing here opens the store. */
export function addBatchCommand(program: Command, { terminal, run }: CommandContext): void {
  const batch = program
    .command('batch')
    .description('send many texts to a running service, and fetch the answers')
    .addHelpText(
      'after',
      `${examples(
        'tagsmith batch submit items.ndjson --watch',
        'tagsmith batch --url https://tags.example.org list',
        'tagsmith batch results batch_… --form csv > tags.csv',
      )}\nThe key of the service is taken from TAGSMITH_API_KEY, and its address from TAGSMITH_URL where --url is left out.`,
    )
  const service = withService(batch, terminal)
  const batches: OpenBatches = async options => (await service(options)).batches
  const client = () => batches({ retries: 2 })

  addSubmitCommands(batch, { terminal, run }, batches)
  batch
    .command('list')
    .description('write the batches to stdout, the newest first')
    .option('--limit <number>', 'how many at the most', '20')
    .option('--json', 'as NDJSON')
    .addHelpText('after', examples('tagsmith batch list', 'tagsmith batch list --limit 100 --json'))
    .action(
      run(async ({ limit, json }: { limit: string; json?: boolean }) => {
        const { list } = await client()
        let left = Number(limit)
        for (let after: string | undefined; left > 0; ) {
          const { data, has_more } = await list({ limit: Math.min(left, 100), after })
          for (const report of data) terminal.stdout.write(`${json ? JSON.stringify(report) : listLine(report)}\n`)
          after = data.at(-1)?.id
          left = has_more ? left - data.length : 0
        }
        return exitCodes.ok
      }),
    )
  batch
    .command('status')
    .description('write how far a batch is to stdout, as JSON')
    .argument('<id>')
    .addHelpText('after', examples('tagsmith batch status batch_…'))
    .action(run(async (id: string) => show(await (await client()).get(id), terminal)))
  batch
    .command('watch')
    .description('follow a batch until it has ended, also through restarts of the service')
    .argument('<id>')
    .addHelpText('after', examples('tagsmith batch watch batch_…'))
    .action(run(async (id: string) => watchBatch(await batches({ retries: 0 }), id, { terminal, isKnown: false })))
  batch
    .command('results')
    .description('write what has ended so far to stdout, in the order of the upload')
    .argument('<id>')
    .option('--details', 'tell how each answer came about')
    .option('--failed', 'only the items that failed')
    .option('--outcome <outcomes>', 'only these outcomes, such as refused,blocked')
    .option('--follow', 'stay until the batch has ended')
    .addOption(new Option('--form <form>', 'NDJSON, or a table').choices(['ndjson', 'csv', 'tsv']).default('ndjson'))
    .addHelpText(
      'after',
      examples(
        'tagsmith batch results batch_… > results.ndjson',
        'tagsmith batch results batch_… --form csv > tags.csv',
        'tagsmith batch results batch_… --failed',
      ),
    )
    .action(run(async (id: string, flags: ResultFlags) => writeResults((await client()).results, id, flags, terminal)))
  for (const [name, description] of [
    ['cancel', 'start nothing more; what was answered is kept'],
    ['pause', 'start nothing more for now'],
  ] as const) {
    batch
      .command(name)
      .description(description)
      .argument('<id>')
      .addHelpText('after', examples(`tagsmith batch ${name} batch_…`))
      .action(run(async (id: string) => show(await (await client())[name](id), terminal)))
  }
  batch
    .command('retry')
    .description('try the failed items again')
    .argument('<id>')
    .option('--outcome <outcomes>', 'only those that ended so, such as refused,truncated')
    .addHelpText('after', examples('tagsmith batch retry batch_…', 'tagsmith batch retry batch_… --outcome refused'))
    .action(
      run(async (id: string, flags: { outcome?: string }) => show(await (await client()).retry(id, flags), terminal)),
    )
  batch
    .command('resume')
    .description('run a paused batch on, or send one another way')
    .argument('<id>')
    .option('--delivery <way>', 'live, or provider: how its items go from now on')
    .addHelpText('after', examples('tagsmith batch resume batch_…', 'tagsmith batch resume batch_… --delivery live'))
    .action(
      run(async (id: string, flags: { delivery?: Delivery }) =>
        show(await (await client()).resume(id, flags), terminal),
      ),
    )
}

function show(report: BatchReport, { stdout }: Terminal): number {
  stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  return exitCodes.ok
}
