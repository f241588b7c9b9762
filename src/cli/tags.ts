import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { ConfigError } from '../core/faults.ts'
import { examples } from './common/flags.ts'
import { readTags } from './input.ts'
import { addTagsCheckCommand } from './quality/tags-check.ts'
import { loadServices } from './services.ts'
import { type CommandContext, exitCodes } from './terminal.ts'

export function addTagsCommand(program: Command, { terminal, run }: CommandContext): void {
  const tags = program.command('tags').description('work on tag lists')
  addTagsCheckCommand(tags, { terminal, run })
  tags
    .command('enrich')
    .description('ask the configured model for the descriptions and aliases that a list lacks, for you to edit')
    .argument('<list.json>', 'a JSON array of {"id","name","description"?,"aliases"?}')
    .option('--output <file>', 'where to write the list; stdout when left out')
    .addHelpText('after', examples('tagsmith tags enrich list.json --output richer.json'))
    .action(
      run(async (file: string, { output }: { output?: string }) => {
        const [{ createServices }, { loadConfig }] = await loadServices()
        const config = loadConfig(terminal.env)
        const writer = config.upstreams.findIndex(({ api }) => api === 'chat')
        if (writer === -1) {
          const others = config.upstreams.length === 0 ? 'the embedded ranker' : 'a decision model'
          throw new ConfigError([
            `OPENAI_MODEL: no model that chats is configured, and ${others} cannot write; see .env.example`,
          ])
        }
        const { tags: list } = await readTags(file, terminal)
        const { endpoints } = await createServices(config)
        const { enrichTags } = await import('../classify/index.ts')
        const options = { signal: new AbortController().signal, timeout: config.REQUEST_TIMEOUT_MS }
        const text = `[\n${(await enrichTags(endpoints[writer]!, list, options)).map(tag => `  ${JSON.stringify(tag)}`).join(',\n')}\n]\n`
        if (output === undefined) terminal.stdout.write(text)
        else await writeFile(output, text)
        return exitCodes.ok
      }),
    )
}
