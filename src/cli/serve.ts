import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { examples } from './common/flags.ts'
import { loadServices } from './services.ts'
import { stopInOrder } from './stop-in-order.ts'
import { type CommandContext, exitCodes, readVersion } from './terminal.ts'

/** In milliseconds, for what is written when nothing runs any more, and for the last answers to be read. */
const wrapUpMs = 5_000
const lastAnswersMs = 1_000

export function addServeCommand(program: Command, { terminal, run }: CommandContext): void {
  program
    .command('serve')
    .description('start the HTTP service; settings come from the environment, see .env.example')
    .addHelpText(
      'after',
      examples('tagsmith serve', 'PORT=8080 OPENAI_API_KEY=sk-… OPENAI_MODEL=gpt-6-luna tagsmith serve'),
    )
    .action(
      run(async () => {
        const [{ createServices, openStore }, { checkDoor, loadConfig }] = await loadServices()
        const [closeWithGrace, { openBatches }, { buildApp }, { createLogger }] = await Promise.all([
          terminal.closeWithGrace ?? import('close-with-grace').then(({ default: ofProcess }) => ofProcess),
          import('../compose-batches.ts'),
          import('../http/index.ts'),
          import('./logger.ts'),
        ])
        const config = loadConfig(terminal.env)
        checkDoor(config)
        const logger = await createLogger(terminal, config.LOG_LEVEL)
        const store = await openStore(config)
        const services = await createServices(config, { version: readVersion(), kept: { store, log: logger } })
        const { batches, start, drain, leave } = openBatches(config, { ...services, store, log: logger })
        const app = await buildApp({
          ...services,
          batches,
          logger,
          defaultPrompt: config.PROMPT,
          apiKeys: config.apiKeys,
          allowedHosts: [config.HOST, ...config.ALLOWED_HOSTS],
          bodyLimit: config.BODY_LIMIT,
          mostStreams: config.REQUESTS_AT_ONCE,
          page: config.PAGE,
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
          // As many as the system allows: Node takes in one connection a turn, and those over the limit wait for seconds.
          backlog: 4_096,
          listenTextResolver: (address: string) => `listening at ${address}`,
        }
        await app.listen(listen).catch(async error => {
          await leave()
          await store.close()
          throw error
        })
        start()
        const leaving = new AbortController()
        void services.shutdownDates.watch({ log: logger, signal: leaving.signal })
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
          const delay = config.SHUTDOWN_DELAY_MS + config.SHUTDOWN_TIMEOUT_MS + 2 * (lastAnswersMs + wrapUpMs)
          closeWithGrace({ delay, logger }, async ({ err, signal }) => {
            if (err) logger.fatal({ err }, 'stopping after an unexpected error')
            else logger.info({ signal }, 'stopping')
            leaving.abort()
            await app.drain()
            // Ctrl-C is a person, who need not wait for a load balancer.
            if (signal === 'SIGTERM') await sleep(config.SHUTDOWN_DELAY_MS)
            await stopInOrder({
              work: [
                { what: 'requests', run: () => app.close() },
                { what: 'items of batches', run: drain },
              ],
              after: [
                [
                  { what: 'leases of items', run: leave },
                  { what: 'answers and usage', run: services.settle },
                ],
                [
                  { what: 'database', run: () => store.close() },
                  { what: 'traces', run: async () => services.tracing?.close() },
                ],
              ],
              ...{ afterMs: wrapUpMs, log: logger },
            })
            resolve()
          })
        })
        return exitCodes.ok
      }),
    )
}
