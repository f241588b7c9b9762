import closeWithGrace from 'close-with-grace'
import type { Command } from 'commander'
import { pino } from 'pino'
import { createServices, openBatches } from '../compose.ts'
import { loadConfig } from '../config.ts'
import { buildApp } from '../http/app.ts'
import { type CommandContext, exitCodes } from './terminal.ts'
import { readVersion } from './version.ts'

export function addServeCommand(program: Command, { terminal, run }: CommandContext): void {
  program
    .command('serve')
    .description('start the HTTP service; settings come from the environment, see .env.example')
    .action(
      run(async () => {
        const config = loadConfig(terminal.env)
        const services = await createServices(config)
        const logger = pino({ level: config.LOG_LEVEL, base: null }, terminal.stdout)
        const { batches, start, close } = await openBatches(config, { ...services, log: logger })
        const app = await buildApp({
          ...services,
          batches,
          logger,
          defaultPrompt: config.PROMPT,
          bodyLimit: config.BODY_LIMIT,
          version: readVersion(),
        })
        const listen = {
          host: config.HOST,
          port: config.PORT,
          listenTextResolver: (address: string) => `listening at ${address}`,
        }
        await app.listen(listen).catch(async error => {
          await close()
          throw error
        })
        start()
        const asked = services.endpoints.map(({ name, model }) => `${model} at ${name}`)
        logger.info({ asked, prompt: services.prompts.get(config.PROMPT)?.version }, 'ready')
        for (const { name, tagList } of services.prompts.values()) {
          logger.info({ prompt: name, tags: services.candidates.explain(tagList) }, 'tag list')
        }
        if (config.upstreams.length === 0) {
          logger.info(
            'no model is configured, so the embedded ranker answers; to ask one, set OPENAI_MODEL and OPENAI_API_KEY or OPENAI_BASE_URL',
          )
        }
        await new Promise<void>(resolve => {
          closeWithGrace({ delay: config.SHUTDOWN_TIMEOUT_MS, logger }, async ({ err }) => {
            if (err) logger.fatal({ err }, 'stopping after an unexpected error')
            await Promise.all([app.close(), close()])
            resolve()
          })
        })
        return exitCodes.ok
      }),
    )
}
