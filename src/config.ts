import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type ApiKey, readApiKeys } from './core/api-key.ts'
import { ConfigError, messageOf } from './core/faults.ts'
import { EAGERNESS } from './core/ranking.ts'
import { defaultRequestTime, endpointTimes } from './settings/endpoint-settings.ts'
import { readSecret, type SetVariables } from './settings/secret-settings.ts'
import {
  type Embeddings,
  readEmbeddings,
  readUpstream,
  type Upstream,
  UpstreamApi,
} from './settings/upstream-settings.ts'

const whole = (least: number, most: number) =>
  z.string().regex(/^\d+$/, 'is not a whole number').transform(Number).pipe(z.number().min(least).max(most))
const share = z
  .string()
  .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'is not a number from 0 to 1')
  .transform(Number)
  .optional()
const flag = z.enum(['true', 'false'], { error: 'is neither true nor false' }).transform(value => value === 'true')
const text = z.string().optional()
const api = UpstreamApi.optional()
/** `localhost`, `tags.example:8080` or `[fd00::1]`, with commas or blanks in between. */
const hosts = z
  .string()
  .transform(list => list.split(/[\s,]+/).filter(host => host !== ''))
  .pipe(
    z.array(z.string().regex(/^([\w.-]+|\[[\da-f:.]+\])(:\d+)?$/i, 'holds something that is no host name or address')),
  )
const address = z
  .string()
  .trim()
  .pipe(z.url({ protocol: /^https?$/, error: 'is not an http or https address' }))
  .optional()

/** Whom to ask, and whom to ask after that. */
const endpoints = ['', '_2', '_3'] as const

/** One key for each setting, in the order of `.env.example`. */
export const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(0, 65_535).default(3000),
  API_KEYS: text,
  API_KEYS_FILE: text,
  ALLOW_ANONYMOUS: flag.default(false),
  ALLOWED_HOSTS: hosts.default([]),
  PAGE: flag.default(true),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  OPENAI_API_KEY: text,
  OPENAI_API_KEY_FILE: text,
  OPENAI_BASE_URL: address,
  OPENAI_MODEL: text,
  OPENAI_API: api,
  OPENAI_API_KEY_2: text,
  OPENAI_API_KEY_2_FILE: text,
  OPENAI_BASE_URL_2: address,
  OPENAI_MODEL_2: text,
  OPENAI_API_2: api,
  OPENAI_API_KEY_3: text,
  OPENAI_API_KEY_3_FILE: text,
  OPENAI_BASE_URL_3: address,
  OPENAI_MODEL_3: text,
  OPENAI_API_3: api,
  FALLBACK_TO_RANKER: flag.default(false),
  FALLBACK_ON_REFUSAL: flag.default(false),
  RANKER_EAGERNESS: z.enum(EAGERNESS).default('balanced'),
  RANKER_EMBEDDINGS_KEY: text,
  RANKER_EMBEDDINGS_KEY_FILE: text,
  RANKER_EMBEDDINGS_URL: address,
  RANKER_EMBEDDINGS_MODEL: text,
  RANKER_EMBEDDINGS_TIMEOUT_MS: whole(10, 600_000).default(10_000),
  PROMPT: z.string().default('assign-tags'),
  PROMPTS_DIR: z.string().default(fileURLToPath(new URL('../prompts', import.meta.url))),
  TEXT_BUDGET: whole(100, 1_000_000).default(2_000),
  PRICES_FILE: text,
  CALIBRATION_FILE: text,
  CACHE_ENTRIES: whole(0, 10_000_000).default(10_000),
  CACHE_STORED_ENTRIES: whole(0, 100_000_000).default(200_000),
  CACHE_TTL_SECONDS: whole(1, 31_536_000).default(691_200),
  FEEDBACK_TEXTS: flag.default(false),
  WHOLE_LIST_LIMIT: whole(1, 1_000).default(300),
  SHORTLIST_SIZE: whole(1, 1_000).default(100),
  MAX_OUTPUT_TOKENS: whole(16, 100_000).default(256),
  BODY_LIMIT: whole(1_024, 1_073_741_824).default(1_048_576),
  TAG_LIST_LIMIT: whole(1, 1_000_000).default(10_000),
  REQUESTS_AT_ONCE: whole(1, 100_000).default(128),
  REQUESTS_WAITING: whole(0, 100_000).default(256),
  HEADERS_TIMEOUT_MS: whole(100, 3_600_000).default(10_000),
  BODY_TIMEOUT_MS: whole(100, 3_600_000).default(120_000),
  REQUEST_TIMEOUT_MS: whole(100, 3_600_000).optional(),
  UPSTREAM_TIMEOUT_MS: whole(100, 3_600_000).optional(),
  UPSTREAM_ATTEMPTS: whole(1, 20).default(4),
  UPSTREAM_BACKOFF_MS: whole(1, 60_000).default(500),
  UPSTREAM_CONCURRENCY: whole(1, 10_000).default(64),
  FORM_LIFETIME_MS: whole(1_000, 2_147_483_647).default(86_400_000),
  OTEL_EXPORTER_OTLP_ENDPOINT: address,
  OTEL_EXPORTER_OTLP_HEADERS: text,
  OTEL_SERVICE_NAME: z.string().default('tagsmith'),
  SHUTDOWN_DELAY_MS: whole(0, 3_600_000).default(1_000),
  SHUTDOWN_TIMEOUT_MS: whole(0, 3_600_000).default(10_000),
  DATA_DIR: z.string().default('data'),
  DATABASE_URL: text,
  DATABASE_URL_FILE: text,
  BATCH_CONCURRENCY: whole(1, 10_000).default(32),
  BATCH_ITEM_LIMIT: whole(1, 2_000_000_000).default(10_000_000),
  BATCH_LEASE_MS: whole(300, 3_600_000).default(15_000),
  BATCH_RETENTION_DAYS: whole(1, 36_500).default(30),
  PROVIDER_BATCH_ITEMS: whole(1, 50_000).default(50_000),
  PROVIDER_BATCH_BYTES: whole(10_000, 200_000_000).default(50_000_000),
  PROVIDER_BATCH_POLL_MS: whole(10, 3_600_000).default(30_000),
  PROVIDER_BATCH_PRICE_SHARE: share,
})
type Environment = z.infer<typeof Environment>

type Composed = `OPENAI_${string}` | `API_KEYS${string}` | `DATABASE_URL${string}` | `RANKER_EMBEDDINGS_${string}`
const composed = /^(OPENAI_|API_KEYS|DATABASE_URL|RANKER_EMBEDDINGS_)/

export type Config = Readonly<Omit<Environment, Composed>> & {
  readonly REQUEST_TIMEOUT_MS: number
  /** What `tagsmith calibrate` keeps. */
  readonly calibrationFile: string
  /** Where the store that replicas share is; undefined when the one in DATA_DIR is used. */
  readonly databaseUrl: string | undefined
  /** In the order in which they are asked; empty when the embedded ranker answers. */
  readonly upstreams: readonly Upstream[]
  /** In the same order: whether each is on this machine or network, and the most time that one call of it may take. */
  readonly upstreamTimes: readonly ReturnType<typeof endpointTimes>[]
  /** Undefined when the ranker does without. */
  readonly embeddings: Embeddings | undefined
  /** Who may come in; empty when everybody may. */
  readonly apiKeys: readonly ApiKey[]
  /** Whether Node's own `fetch` was told to ask by way of the proxies of the environment. */
  readonly proxied: boolean
}

/** A lease is renewed three times before it runs out; a process may be busy, and a database slow, for a part of a second. */
const leastSharedLease = 1_000

/**
 * Reads the settings. An empty string means unset.
 * @throws ConfigError with a line for every setting that is wrong; values are not repeated, as some are secret
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''))
  const parsed = Environment.safeParse(set)
  const faults = parsed.success ? [] : parsed.error.issues.map(issue => `${issue.path.join('.')}: ${messageOf(issue)}`)
  if (parsed.data && parsed.data.SHORTLIST_SIZE > parsed.data.WHOLE_LIST_LIMIT) {
    faults.push('SHORTLIST_SIZE: is over WHOLE_LIST_LIMIT; a list that is shown whole needs no shortlist')
  }
  const upstreams = endpoints.map(suffix => readUpstream(suffix, set, faults))
  const embeddings = readEmbeddings(set, faults)
  const databaseUrl = readSecret('DATABASE_URL', set, faults)
  if (databaseUrl && parsed.data && parsed.data.BATCH_LEASE_MS < leastSharedLease) {
    faults.push(
      `BATCH_LEASE_MS: is under ${leastSharedLease}, and replicas share DATABASE_URL: while one is busy for a moment, the others would run its items again; set ${leastSharedLease} or more`,
    )
  }
  const gap = upstreams.indexOf(undefined)
  if (gap !== -1 && upstreams.slice(gap).some(upstream => upstream !== undefined)) {
    faults.push(`OPENAI_MODEL${endpoints[gap]}: is not set, but an endpoint after it is; endpoints are asked in order`)
  }
  const apiKeys = readKeys(set, faults)
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults)
  const settings = Object.entries(parsed.data).filter(([name]) => !composed.test(name))
  const asked = upstreams.filter(upstream => upstream !== undefined)
  return Object.freeze({
    ...(Object.fromEntries(settings) as Omit<Environment, Composed>),
    REQUEST_TIMEOUT_MS: parsed.data.REQUEST_TIMEOUT_MS ?? defaultRequestTime(asked),
    calibrationFile: parsed.data.CALIBRATION_FILE ?? join(parsed.data.DATA_DIR, 'calibration.json'),
    databaseUrl,
    upstreams: asked,
    embeddings: embeddings && { ...embeddings, timeout: parsed.data.RANKER_EMBEDDINGS_TIMEOUT_MS },
    upstreamTimes: asked.map(({ baseUrl }) => endpointTimes(baseUrl, parsed.data.UPSTREAM_TIMEOUT_MS)),
    apiKeys,
    proxied: set.NODE_USE_ENV_PROXY === '1',
  })
}

const loopback = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/

/**
 * A service that others can reach has keys, or was told in words to do without.
 * @throws ConfigError
 */
export function checkDoor({ HOST, ALLOW_ANONYMOUS, apiKeys }: Config): void {
  if (apiKeys.length > 0 || ALLOW_ANONYMOUS || loopback.test(HOST)) return
  throw new ConfigError([
    `HOST: others can reach ${HOST}, and no API keys are set: everybody could spend your tokens; set API_KEYS_FILE (tagsmith keys new <name> makes its lines), or ALLOW_ANONYMOUS=true to let everybody in`,
  ])
}

function readKeys(env: SetVariables, faults: string[]): readonly ApiKey[] {
  const lines = readSecret('API_KEYS', env, faults)
  const { keys, faults: wrong } = readApiKeys(lines ?? '')
  faults.push(...wrong.map(fault => `${env.API_KEYS_FILE === undefined ? 'API_KEYS' : 'API_KEYS_FILE'}: ${fault}`))
  if (keys.length > 0 && env.ALLOW_ANONYMOUS === 'true') {
    faults.push('ALLOW_ANONYMOUS: API keys are set as well; unset one of them')
  }
  if (lines !== undefined && keys.length === 0 && wrong.length === 0) faults.push('API_KEYS: holds no key')
  return keys
}
