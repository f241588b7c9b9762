import { Writable } from 'node:stream'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { createServices } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { buildApp } from '../../src/http/app.ts'
import { baseUrl } from './endpoint.ts'

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
}

/** Settings of a service that asks the endpoint at the wire and does not dawdle over retries. */
export const endpointSettings = {
  OPENAI_BASE_URL: baseUrl,
  OPENAI_API_KEY: 'sk-test-canary-key',
  OPENAI_MODEL: 'test-model',
  UPSTREAM_BACKOFF_MS: '1',
  UPSTREAM_ATTEMPTS: '3',
}

/** The real app on the real services; closed when the test ends. */
export async function startService(env: Record<string, string> = {}): Promise<TestService> {
  const config = loadConfig(env)
  const services = await createServices(config)
  const log: string[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      log.push(String(chunk))
      done()
    },
  })
  const app = await buildApp({
    ...services,
    logger: pino({ level: 'trace' }, sink),
    defaultPrompt: config.PROMPT,
    apiKeys: config.apiKeys,
    bodyLimit: config.BODY_LIMIT,
    timeouts: {
      headers: config.HEADERS_TIMEOUT_MS,
      body: config.BODY_TIMEOUT_MS,
      shutdown: config.SHUTDOWN_TIMEOUT_MS,
    },
    version: '0.0.0-test',
  })
  onTestFinished(() => app.close())
  return {
    app,
    log,
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
