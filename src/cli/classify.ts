import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { type Command, InvalidArgumentError } from 'commander'
import { createServices } from '../compose.ts'
import { loadConfig } from '../config.ts'
import { anonymous } from '../domain/api-key.ts'
import { ClassifyRequest } from '../domain/classification.ts'
import { faultsOf } from '../domain/faults.ts'
import { ServiceError } from '../domain/outcome.ts'
import { type CommandContext, exitCodes } from './terminal.ts'

interface ClassifyFlags {
  readonly id?: string
  readonly tags?: string
  readonly maxTags?: number
  readonly prompt?: string
  readonly details?: boolean
}

export function addClassifyCommand(program: Command, { terminal, run }: CommandContext): void {
  program
    .command('classify')
    .description('tag one text, and write the answer to stdout as JSON')
    .argument('<file>', 'the text to tag; - reads stdin')
    .option('--id <id>', 'the id of the answer; the file as it was named when left out')
    .option('--tags <list.json>', 'the tag list, a JSON array of {"id","name","description"?,"aliases"?}')
    .option('--max-tags <number>', 'the most tags of the answer', readNumber)
    .option('--prompt <name>', 'the prompt to use')
    .option('--details', 'tell how the answer came about')
    .addHelpText(
      'after',
      '\nExit codes: 0 an answer, 1 the model failed (try again), 2 the command, a setting or the input is wrong.',
    )
    .action(
      run(async (file: string, { id, tags, maxTags, prompt, details }: ClassifyFlags) => {
        const config = loadConfig(terminal.env)
        const { classifier } = await createServices(config)
        const request = check({
          id: id ?? (file === '-' ? undefined : file),
          text: file === '-' ? await text(terminal.stdin) : await readFile(file, 'utf8'),
          tags: tags === undefined ? undefined : readJson(tags, await readFile(tags, 'utf8')),
          max_tags: maxTags,
          prompt,
        })
        const result = await classifier.classify(request, {
          signal: new AbortController().signal,
          account: anonymous,
          wantConfidence: details === true,
        })
        const answer = details ? { ...result.answer, details: result.details } : result.answer
        terminal.stdout.write(`${JSON.stringify(answer)}\n`)
        return exitCodes.ok
      }),
    )
}

function check(request: object): ClassifyRequest {
  const parsed = ClassifyRequest.safeParse(request)
  if (parsed.success) return parsed.data
  throw new ServiceError('invalid_request', 'The request is not valid.', { faults: faultsOf(parsed.error) })
}

function readJson(file: string, content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    throw new ServiceError('invalid_request', `${file} is not valid JSON.`)
  }
}

function readNumber(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('It is not a whole number.')
  return Number(value)
}
