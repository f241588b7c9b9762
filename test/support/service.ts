import { Writable } from 'node:stream'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { onTestFinished } from 'vitest'
import { createLogger } from '../../src/cli/logger.ts'
import { createServices, openStore } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { type AppOptions, buildApp } from '../../src/http/app.ts'

interface ClassifyOptions {
  readonly query?: string
  readonly type?: string
  readonly headers?: Record<string, string>
}

export interface TestService {
  readonly app: FastifyInstance
  /** Every line that was logged. */
  readonly log: string[]
  /** Posts to /classify as a program would. */
  classify(body: object | string, options?: ClassifyOptions): Promise<LightMyRequestResponse>
  /** As at the end of the test: all is written down and closed. */
  stop(): Promise<void>
}

/** Settings of a service that asks the endpoint at the wire and does not dawdle over retries. */
export const endpointSettings = {
  // Played by `createWire`, which is not imported here: nock, once loaded, patches every request.
  OPENAI_BASE_URL: 'http://model.test/v1',
  OPENAI_API_KEY: 'sk-test-canary-key',
  OPENAI_MODEL: 'test-model',
  UPSTREAM_BACKOFF_MS: '1',
  UPSTREAM_ATTEMPTS: '3',
}

/** The real app on the real services but for `parts`, with a store when it is told where; closed when the test ends. */
export async function startService(
  env: Record<string, string> = {},
  parts: Partial<AppOptions> = {},
): Promise<TestService> {
  const config = loadConfig(env)
  const log: string[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      log.push(String(chunk))
      done()
    },
  })
  const logger = await createLogger({ stdin: process.stdin, stdout: sink, stderr: sink, env: {} }, 'trace')
  const store = env.DATA_DIR || env.DATABASE_URL ? await openStore(config) : undefined
  const services = await createServices(config, store && { kept: { store, log: logger } })
  const app = await buildApp({
    ...services,
    logger,
    defaultPrompt: config.PROMPT,
    apiKeys: config.apiKeys,
    allowedHosts: config.ALLOWED_HOSTS,
    bodyLimit: config.BODY_LIMIT,
    mostStreams: config.REQUESTS_AT_ONCE,
    page: config.PAGE,
    timeouts: {
      headers: config.HEADERS_TIMEOUT_MS,
      body: config.BODY_TIMEOUT_MS,
      shutdown: config.SHUTDOWN_TIMEOUT_MS,
    },
    version: '0.0.0-test',
    ...parts,
  })
  let stopping: Promise<void> | undefined
  const stop = async () => {
    await app.close()
    await services.settle()
    await store?.close()
    await services.tracing?.close()
  }
  onTestFinished(() => (stopping ??= stop()))
  return {
    app,
    log,
    stop: () => (stopping ??= stop()),
    classify(body, { query = '', type, headers } = {}) {
      const contentType = type ?? (typeof body === 'string' ? 'text/markdown' : 'application/json')
      return app.inject({
        method: 'POST',
        url: `/classify${query}`,
        payload: body,
        headers: { 'content-type': contentType, ...headers },
      })
    },
  }
}
