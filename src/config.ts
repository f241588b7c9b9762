import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { ConfigError } from './domain/config-error.ts'

const whole = (least: number, most: number) =>
  z.string().regex(/^\d+$/, 'is not a whole number').transform(Number).pipe(z.number().min(least).max(most))

/** One key for each setting, in the order of `.env.example`. */
export const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(0, 65_535).default(3000),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_API_KEY_FILE: z.string().optional(),
  OPENAI_BASE_URL: z.url({ protocol: /^https?$/, error: 'is not an http or https address' }).optional(),
  OPENAI_MODEL: z.string().optional(),
  PROMPT: z.string().default('assign-tags'),
  PROMPTS_DIR: z.string().default(fileURLToPath(new URL('../prompts', import.meta.url))),
  TEXT_BUDGET: whole(100, 1_000_000).default(4_000),
  MAX_OUTPUT_TOKENS: whole(16, 100_000).default(256),
  BODY_LIMIT: whole(1_024, 1_073_741_824).default(1_048_576),
  TAG_LIST_LIMIT: whole(1, 1_000_000).default(10_000),
  REQUEST_TIMEOUT_MS: whole(100, 3_600_000).default(60_000),
  UPSTREAM_TIMEOUT_MS: whole(100, 3_600_000).default(30_000),
  UPSTREAM_ATTEMPTS: whole(1, 20).default(4),
  UPSTREAM_BACKOFF_MS: whole(1, 60_000).default(500),
  SHUTDOWN_TIMEOUT_MS: whole(0, 3_600_000).default(10_000),
  DATA_DIR: z.string().default('data'),
  DATABASE_URL: z.string().optional(),
  DATABASE_URL_FILE: z.string().optional(),
  BATCH_CONCURRENCY: whole(1, 10_000).default(32),
  BATCH_ITEM_LIMIT: whole(1, 2_000_000_000).default(10_000_000),
  BATCH_LEASE_MS: whole(300, 3_600_000).default(15_000),
  BATCH_RETENTION_DAYS: whole(1, 36_500).default(30),
})
type Environment = z.infer<typeof Environment>

export type Config = Readonly<
  Omit<
    Environment,
    'OPENAI_API_KEY_FILE' | 'OPENAI_BASE_URL' | 'OPENAI_MODEL' | 'OPENAI_API_KEY' | 'DATABASE_URL' | 'DATABASE_URL_FILE'
  >
> & {
  /** Where the shared store is; undefined when the one in DATA_DIR is used. */
  readonly databaseUrl: string | undefined
  /** The model to ask; undefined when none is configured and the embedded ranker answers. */
  readonly upstream:
    | { readonly baseUrl: string; readonly apiKey: string | undefined; readonly model: string }
    | undefined
}

const defaultBaseUrl = 'https://api.openai.com/v1'

/**
 * Reads the settings. An empty string means unset.
 * @throws ConfigError with a line for every setting that is wrong; values are not repeated, as some are secret
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''))
  const parsed = Environment.safeParse(set)
  const faults = parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  const key = readSecret('OPENAI_API_KEY', set, faults)
  const databaseUrl = readSecret('DATABASE_URL', set, faults)
  const { OPENAI_BASE_URL, OPENAI_MODEL } = set
  const configured = key !== undefined || OPENAI_BASE_URL !== undefined
  if (configured && OPENAI_MODEL === undefined) {
    faults.push('OPENAI_MODEL: is not set; name the model to ask, or unset OPENAI_API_KEY and OPENAI_BASE_URL')
  }
  if (!configured && OPENAI_MODEL !== undefined) {
    faults.push('OPENAI_MODEL: is set, but neither OPENAI_API_KEY nor OPENAI_BASE_URL says whom to ask')
  }
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults)
  const {
    OPENAI_API_KEY: _,
    OPENAI_API_KEY_FILE: __,
    OPENAI_BASE_URL: baseUrl,
    OPENAI_MODEL: model,
    DATABASE_URL: ___,
    DATABASE_URL_FILE: ____,
    ...rest
  } = parsed.data
  const upstream = model === undefined ? undefined : { baseUrl: baseUrl ?? defaultBaseUrl, apiKey: key, model }
  return Object.freeze({ ...rest, upstream, databaseUrl })
}

/** A secret stands in its variable, or in the file that the variable with `_FILE` names. */
function readSecret(name: string, env: Record<string, string | undefined>, faults: string[]): string | undefined {
  const file = env[`${name}_FILE`]
  if (file === undefined) return env[name]?.trim()
  if (env[name] !== undefined) faults.push(`${name}_FILE: ${name} is set as well; set one of them`)
  try {
    const secret = readFileSync(file, 'utf8').trim()
    if (secret === '') faults.push(`${name}_FILE: the file is empty`)
    return secret
  } catch (error) {
    faults.push(`${name}_FILE: the file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`)
    return undefined
  }
}
