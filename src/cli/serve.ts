import { setTimeout as sleep } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import type { Command } from 'commander'
import { createServices, openBatches, openStore } from '../compose.ts'
import { checkDoor, loadConfig } from '../config.ts'
import { buildApp } from '../http/app.ts'
import { createLogger } from './logger.ts'
import { type CommandContext, exitCodes } from './terminal.ts'
import { readVersion } from './version.ts'

export function addServeCommand(program: Command, { terminal, run }: CommandContext): void {
  program
    .command('serve')
    .description('start the HTTP service; settings come from the environment, see .env.example')
    .action(
      run(async () => {
        const config = loadConfig(terminal.env)
        checkDoor(config)
        const logger = await createLogger(terminal, config.LOG_LEVEL)
        const store = await openStore(config)
        const services = await createServices(config, { version: readVersion(), kept: { store, log: logger } })
        const { batches, start, stop } = openBatches(config, { ...services, store, log: logger })
        const app = await buildApp({
          ...services,
          batches,
          logger,
          defaultPrompt: config.PROMPT,
          apiKeys: config.apiKeys,
          bodyLimit: config.BODY_LIMIT,
          timeouts: {
            headers: config.HEADERS_TIMEOUT_MS,
            body: config.BODY_TIMEOUT_MS,
            shutdown: config.SHUTDOWN_TIMEOUT_MS,
          },
          version: readVersion(),
        })
        const listen = {
          host: config.HOST,
          port: config.PORT,
          listenTextResolver: (address: string) => `listening at ${address}`,
        }
        await app.listen(listen).catch(async error => {
          await stop()
          await store.close()
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
          const delay = config.SHUTDOWN_DELAY_MS + config.SHUTDOWN_TIMEOUT_MS
          closeWithGrace({ delay, logger }, async ({ err, signal }) => {
            if (err) logger.fatal({ err }, 'stopping after an unexpected error')
            else logger.info({ signal }, 'stopping')
            await app.drain()
            // Ctrl-C is a person, who need not wait for a load balancer.
            if (signal === 'SIGTERM') await sleep(config.SHUTDOWN_DELAY_MS)
            await Promise.all([app.close(), stop()])
            await services.settle()
            await store.close()
            await services.tracing?.close()
            resolve()
          })
        })
        return exitCodes.ok
      }),
    )
}
