import type { Command } from 'commander'
import type { Client } from '../../client/index.ts'
import { notJson } from '../../core/json-fault.ts'
import { ServiceError } from '../../core/outcome.ts'
import { examples } from '../common/flags.ts'
import { withService } from '../common/running-service.ts'
import { readText } from '../input.ts'
import { type CommandContext, exitCodes } from '../terminal.ts'

export function addFeedbackCommand(program: Command, { terminal, run }: CommandContext): void {
  const feedback = program.command('feedback').description('what people said of answers, of a running service')
  const service = withService(feedback, terminal)
  feedback
    .command('export')
    .description('write it to stdout, a line for each')
    .option('--format <format>', 'gold, entries, label-studio or promptfoo', 'gold')
    .addHelpText('after', examples('tagsmith feedback export > gold.jsonl'))
    .action(
      run(async ({ format }: { format: string }) => {
        for await (const line of await (await service()).feedback.export({ format })) terminal.stdout.write(`${line}\n`)
        return exitCodes.ok
      }),
    )
  feedback
    .command('import')
    .description(
      'give it to the service: lines of {"id","text","tags"} as in a gold set, or as POST /feedback takes them',
    )
    .argument('<file>', 'NDJSON; - reads stdin')
    .option('--by <name>', 'who says so, where a line does not')
    .addHelpText('after', examples('tagsmith feedback import gold.jsonl --by ada'))
    .action(
      run(async (file: string, { by }: { by?: string }) => {
        const { give } = (await service()).feedback
        const lines = (await readText(file, terminal)).split('\n')
        let given = 0
        for (const [index, line] of lines.entries()) {
          if (line.trim() === '') continue
          await give({ ...(by !== undefined && { by }), ...requestOf(line, `line ${index + 1} of ${file}`) })
          given += 1
        }
        terminal.stderr.write(`${given} given\n`)
        return exitCodes.ok
      }),
    )
}

type Request = Parameters<Client['feedback']['give']>[0]

/** A gold line says what is right of a text and nothing of what was answered; the service checks the rest. */
function requestOf(line: string, where: string): Request {
  const value = readLine(line, where)
  if (!Array.isArray(value.tags) || value.tags.some(tag => typeof tag === 'object')) return value
  const { id, text, tags, rejected, prompt, by } = value
  const right = tags.length > 0 ? { accepted: tags } : { none: true as const }
  return { id, text, ...right, rejected, prompt, by } as Request
}

function readLine(line: string, where: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    throw new ServiceError('invalid_request', notJson(where, line))
  }
  throw new ServiceError('invalid_request', `${where} is not an object.`)
}
