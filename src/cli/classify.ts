import type { Command } from 'commander'
import { anonymous } from '../core/api-key.ts'
import type { ClassifyRequest } from '../core/classification.ts'
import { faultsOf } from '../core/faults.ts'
import { ServiceError } from '../core/outcome.ts'
import { charsetOption, examples, readMatching } from './common/flags.ts'
import { explain } from './explain.ts'
import { readJson, readText } from './input.ts'
import { loadServices } from './services.ts'
import { type CommandContext, exitCodes } from './terminal.ts'

interface ClassifyFlags {
  readonly id?: string
  readonly tags?: string
  readonly maxTags?: number
  readonly prompt?: string
  readonly endpoint?: string
  readonly details?: boolean
  readonly charset?: string
}

export function addClassifyCommand(program: Command, { terminal, run }: CommandContext): void {
  program
    .command('classify')
    .description('tag texts, and write an answer a line to stdout as JSON')
    .argument('<files...>', 'the texts to tag; - reads stdin')
    .option('--id <id>', 'the id of the answer, for one text; the file as it was named when left out')
    .option('--tags <list.json>', 'the tag list, a JSON array of {"id","name","description"?,"aliases"?}')
    .option('--max-tags <number>', 'the most tags of the answer', readMatching(/^\d+$/, 'a whole number'))
    .option('--prompt <name>', 'the prompt to use')
    .option('--endpoint <name>', 'the one of the configured endpoints to ask, and no other')
    .option(...charsetOption)
    .option('--details', 'tell how the answer came about')
    .addHelpText(
      'after',
      `${examples(
        'tagsmith classify README.md',
        'tagsmith classify docs/*.md --max-tags 1',
        'tagsmith classify - --tags list.json --details < notes.txt',
      )}\nExit codes: 0 an answer, 1 the model failed (try again), 2 the command, a setting or the input is wrong.`,
    )
    .action(
      run(async (files: string[], { id, tags, maxTags, prompt, endpoint, details, charset }: ClassifyFlags) => {
        if (id !== undefined && files.length > 1)
          throw new ServiceError('invalid_request', '--id is for one text; several are called as their files are.')
        const [[{ createServices }, { loadConfig }], { markdownOf }] = await Promise.all([
          loadServices(),
          import('../documents/index.ts'),
        ])
        const { classifier } = await createServices(loadConfig(terminal.env))
        const list = tags === undefined ? undefined : await readJson(tags, terminal)
        const answer = async (file: string) => {
          const text = markdownOf(await readText(file, terminal, charset), file)
          const ownId = id ?? (file === '-' ? undefined : file)
          const request = await check({ id: ownId, text, tags: list, max_tags: maxTags, prompt })
          const result = await classifier.classify(request, {
            signal: new AbortController().signal,
            account: anonymous,
            endpoint,
            wantConfidence: details === true,
          })
          const told = details ? { ...result.answer, details: result.details } : result.answer
          terminal.stdout.write(`${JSON.stringify(told)}\n`)
          return exitCodes.ok
        }
        const [only, ...others] = files
        if (others.length === 0) return answer(only!)
        let worst: number = exitCodes.ok
        for (const file of files) {
          const exitCode = await answer(file).catch(error => explain(error, terminal, `${file}: `))
          worst = Math.max(worst, exitCode)
        }
        return worst
      }),
    )
}

async function check(request: object): Promise<ClassifyRequest> {
  const { ClassifyRequest } = await import('../core/classification.ts')
  const parsed = ClassifyRequest.safeParse(request)
  if (parsed.success) return parsed.data
  throw new ServiceError('invalid_request', 'The request is not valid.', { faults: faultsOf(parsed.error) })
}
