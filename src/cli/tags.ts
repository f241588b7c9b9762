import { readFile, writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { z } from 'zod'
import { createServices } from '../compose.ts'
import { loadConfig } from '../config.ts'
import { ConfigError } from '../domain/config-error.ts'
import { faultsOf } from '../domain/faults.ts'
import { ServiceError } from '../domain/outcome.ts'
import { Tag } from '../domain/tag.ts'
import { readTagList } from '../domain/tag-list.ts'
import { enrichTags } from '../services/enrichment.ts'
import { type CommandContext, exitCodes } from './terminal.ts'

export function addTagsCommand(program: Command, { terminal, run }: CommandContext): void {
  const tags = program.command('tags').description('work on tag lists')
  tags
    .command('enrich')
    .description('ask the configured model for the descriptions and aliases that a list lacks, for you to edit')
    .argument('<list.json>', 'a JSON array of {"id","name","description"?,"aliases"?}')
    .option('--output <file>', 'where to write the list; stdout when left out')
    .action(
      run(async (file: string, { output }: { output?: string }) => {
        const config = loadConfig(terminal.env)
        if (config.upstreams.length === 0) {
          throw new ConfigError([
            'OPENAI_MODEL: no model is configured, and the embedded ranker cannot write; see .env.example',
          ])
        }
        const list = readList(file, await readFile(file, 'utf8'))
        const { endpoints } = await createServices(config)
        const options = { signal: new AbortController().signal, timeout: config.REQUEST_TIMEOUT_MS }
        const text = `[\n${(await enrichTags(endpoints[0], list, options)).map(tag => `  ${JSON.stringify(tag)}`).join(',\n')}\n]\n`
        if (output === undefined) terminal.stdout.write(text)
        else await writeFile(output, text)
        return exitCodes.ok
      }),
    )
}

function readList(file: string, text: string): Tag[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ServiceError('invalid_request', `${file} is not valid JSON.`)
  }
  const parsed = z.array(Tag).safeParse(value)
  const faults = parsed.success ? readTagList(parsed.data).faults : faultsOf(parsed.error)
  if (!parsed.success || faults.length > 0)
    throw new ServiceError('invalid_request', `${file} is not a tag list.`, { faults })
  return parsed.data
}
