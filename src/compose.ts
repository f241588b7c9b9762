import { createEmbeddedRanker } from './adapters/embedded-ranker.ts'
import { createMetrics } from './adapters/metrics.ts'
import { createOpenAiBatches } from './adapters/openai/openai-batches.ts'
import { createOpenAiChatModel } from './adapters/openai/openai-chat-model.ts'
import { openPostgresStore } from './adapters/postgres-store/open.ts'
import { createPrices } from './adapters/prices.ts'
import { loadPrompts } from './adapters/prompt-files.ts'
import { openSqliteStore } from './adapters/sqlite-store/open.ts'
import { openTracing } from './adapters/tracing.ts'
import { loadWordVectors } from './adapters/word-vector-file.ts'
import type { Config } from './config.ts'
import { ConfigError } from './domain/config-error.ts'
import { createAdmission } from './services/admission.ts'
import { createAllowances, hasBudget } from './services/allowances.ts'
import { type BatchWorkOptions, createBatchWork } from './services/batch-work.ts'
import { createCandidates } from './services/candidates.ts'
import { createClassifier } from './services/classifier.ts'
import { createDoctor } from './services/doctor.ts'
import type { Endpoint } from './services/endpoint.ts'
import { createFallback } from './services/fallback.ts'
import { createGuardedEndpoint } from './services/guarded-endpoint.ts'
import { createKnownAnswers } from './services/known-answers.ts'
import { openLedger } from './services/ledger.ts'
import { createLineStreams } from './services/line-streams.ts'
import { measured } from './services/measured-classifier.ts'
import type { Store } from './services/ports/store.ts'
import type { Tracing } from './services/ports.ts'
import { createRankers, type Rankers } from './services/rankers.ts'
import { createStoredAnswers } from './services/stored-answers.ts'
import { createTasks } from './services/tasks.ts'
import { traced } from './services/traced-chat-model.ts'

export type Services = Awaited<ReturnType<typeof createServices>>

export interface ServiceOptions {
  readonly version?: string
  /** What outlives the process. A command that does without keeps what it learns in memory. */
  readonly kept?: { readonly store: Store; readonly log: Log }
}
type Log = BatchWorkOptions['log']

/** What outlives the process. @throws StoreError */
export const openStore = ({
  databaseUrl: url,
  DATA_DIR: directory,
  BATCH_LEASE_MS: leaseMs,
}: Config): Promise<Store> => (url ? openPostgresStore({ url, leaseMs }) : openSqliteStore({ directory, leaseMs }))

/** The whole service, from the bottom up. @throws ConfigError */
export async function createServices(config: Config, { version = 'unknown', kept }: ServiceOptions = {}) {
  const prompts = await loadPrompts(config.PROMPTS_DIR)
  if (!prompts.has(config.PROMPT)) {
    const others = [...prompts.keys()].join(', ')
    throw new ConfigError([`PROMPT: ${config.PROMPTS_DIR} holds no prompt "${config.PROMPT}", only ${others}`])
  }
  const rankers = createRankers({
    vectors: loadWordVectors(),
    examples: new Map([...prompts.values()].map(({ tagList, examples }) => [tagList, examples])),
  })
  const tracing = await openTracing({
    collector: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    headers: config.OTEL_EXPORTER_OTLP_HEADERS,
    service: config.OTEL_SERVICE_NAME,
    version,
  })
  const endpoints = createEndpoints(config, { rankers, tracing })
  // The ranker reads any list whole.
  const wholeList = config.upstreams.length === 0 ? Number.POSITIVE_INFINITY : config.WHOLE_LIST_LIMIT
  const candidates = createCandidates({ rankers, wholeList, shortlist: config.SHORTLIST_SIZE })
  const tasks = createTasks({
    prompts,
    defaultPrompt: config.PROMPT,
    candidates,
    textBudget: config.TEXT_BUDGET,
    mostTags: config.TAG_LIST_LIMIT,
  })
  const prices = createPrices({ file: config.PRICES_FILE })
  const metrics = createMetrics({ version })
  const ledger = await openLedger({ prices, kept, watched: config.apiKeys.some(hasBudget) })
  const lifetime = config.CACHE_TTL_SECONDS * 1_000
  const keepsAnswers = config.CACHE_ENTRIES > 0 && config.CACHE_STORED_ENTRIES > 0
  const stored = kept && keepsAnswers ? createStoredAnswers({ cache: kept.store, lifetime, log: kept.log }) : undefined
  const knownAnswers = createKnownAnswers({
    entries: config.CACHE_ENTRIES,
    lifetime,
    settings: answerSettings(config),
    store: stored,
  })
  const recipe = {
    ...{ tasks, knownAnswers, ledger, metrics },
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    tokenCap: config.MAX_OUTPUT_TOKENS,
  }
  const bareClassifier = createClassifier({
    ...recipe,
    endpoints: createFallback({
      endpoints,
      onRefusal: config.FALLBACK_ON_REFUSAL,
      onInvalidReply: metrics.invalidReply,
    }),
  })
  const doctor = createDoctor({
    ...{ endpoints, tasks, tokenCap: config.MAX_OUTPUT_TOKENS },
    questionTimeout: config.REQUEST_TIMEOUT_MS,
  })
  const admission = createAdmission({ working: config.REQUESTS_AT_ONCE, waiting: config.REQUESTS_WAITING })
  const allowances = createAllowances({ apiKeys: config.apiKeys, ledger })
  const classifier = measured(bareClassifier, metrics)
  const lineStreams = createLineStreams({
    ...{ classifier, admission, allowances, metrics },
    lineLimit: config.BODY_LIMIT,
    callsAtOnce: config.UPSTREAM_CONCURRENCY,
  })
  return {
    prompts,
    tasks,
    candidates,
    recipe,
    classifier,
    lineStreams,
    prices,
    metrics,
    endpoints,
    doctor,
    admission,
    allowances,
    ledger,
    tracing,
    /** Writes to the store what is not there yet. */
    settle: () => Promise.all([stored?.close(), ledger.close()]),
  }
}

/** What an answer depends on beside the request: who is asked, and what of a long list is shown. */
function answerSettings({ upstreams, WHOLE_LIST_LIMIT, SHORTLIST_SIZE, MAX_OUTPUT_TOKENS }: Config) {
  const asked = upstreams.map(({ baseUrl, model }) => [baseUrl, model])
  return [asked, WHOLE_LIST_LIMIT, SHORTLIST_SIZE, MAX_OUTPUT_TOKENS]
}

type EndpointNeeds = { readonly rankers: Rankers; readonly tracing: Tracing | undefined }

function createEndpoints(config: Config, { rankers, tracing }: EndpointNeeds): [Endpoint, ...Endpoint[]] {
  const remote = config.upstreams.map(upstream =>
    createOpenAiChatModel({ ...upstream, timeout: config.UPSTREAM_TIMEOUT_MS, proxied: config.proxied }),
  )
  const local = remote.length === 0 || config.FALLBACK_TO_RANKER ? [createEmbeddedRanker(rankers)] : []
  const guard = {
    attempts: config.UPSTREAM_ATTEMPTS,
    backoff: config.UPSTREAM_BACKOFF_MS,
    concurrency: config.UPSTREAM_CONCURRENCY,
    formLifetime: config.FORM_LIFETIME_MS,
  }
  return [...remote, ...local]
    .map(chatModel => (tracing ? traced(chatModel, tracing) : chatModel))
    .map(chatModel => createGuardedEndpoint(chatModel, guard)) as [Endpoint, ...Endpoint[]]
}

type BatchNeeds = Services & Pick<BatchWorkOptions, 'store' | 'log'>

/** The batches over the store; they run once they are started. */
export function openBatches(config: Config, { endpoints, ...services }: BatchNeeds) {
  const [first] = config.upstreams
  const access = { timeout: config.UPSTREAM_TIMEOUT_MS, priceShare: config.PROVIDER_BATCH_PRICE_SHARE }
  return createBatchWork({
    ...services,
    endpoints,
    provider: first && createOpenAiBatches({ ...first, ...access }),
    file: { items: config.PROVIDER_BATCH_ITEMS, bytes: config.PROVIDER_BATCH_BYTES },
    pollMs: config.PROVIDER_BATCH_POLL_MS,
    leaseMs: config.BATCH_LEASE_MS,
    concurrency: config.BATCH_CONCURRENCY,
    entryLimit: config.BODY_LIMIT,
    itemLimit: config.BATCH_ITEM_LIMIT,
    graceMs: config.SHUTDOWN_TIMEOUT_MS,
    keep: {
      batchesMs: config.BATCH_RETENTION_DAYS * 86_400_000,
      answersMs: config.CACHE_TTL_SECONDS * 1_000,
      mostAnswers: config.CACHE_STORED_ENTRIES,
    },
  })
}
