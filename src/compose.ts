import { createEmbeddedRanker } from './adapters/embedded-ranker.ts'
import { createMetrics } from './adapters/metrics.ts'
import { createOpenAiChatModel } from './adapters/openai/openai-chat-model.ts'
import { openPostgresStore } from './adapters/postgres-store/open.ts'
import { createPrices } from './adapters/prices.ts'
import { loadPrompts } from './adapters/prompt-files.ts'
import { openSqliteStore } from './adapters/sqlite-store/open.ts'
import { loadWordVectors } from './adapters/word-vector-file.ts'
import type { Config } from './config.ts'
import { ConfigError } from './domain/config-error.ts'
import { createOutage } from './domain/outage.ts'
import { createAdmission } from './services/admission.ts'
import { createAllowances } from './services/allowances.ts'
import { createItemRun } from './services/batch-item-run.ts'
import { startRetention } from './services/batch-retention.ts'
import { createBatchRunner, type RunnerOptions } from './services/batch-runner.ts'
import { createSettingsCheck } from './services/batch-settings-check.ts'
import { createBatches } from './services/batches.ts'
import { createCandidates } from './services/candidates.ts'
import { createCircuit } from './services/circuit.ts'
import { createClassifier } from './services/classifier.ts'
import { createConcurrencyLimit } from './services/concurrency-limit.ts'
import { createDoctor } from './services/doctor.ts'
import { createEndpoint, type Endpoint } from './services/endpoint.ts'
import { createFallback } from './services/fallback.ts'
import { createKnownAnswers } from './services/known-answers.ts'
import { createLearnedForms } from './services/learned-forms.ts'
import { createLineStreams } from './services/line-streams.ts'
import { measured } from './services/measured-classifier.ts'
import type { ChatModel, Tracing } from './services/ports.ts'
import { createRankers, type Rankers } from './services/rankers.ts'
import { createTasks } from './services/tasks.ts'
import { traced } from './services/traced-chat-model.ts'
import { createTraffic } from './services/traffic.ts'

export type Services = Awaited<ReturnType<typeof createServices>>

/** The whole service, from the bottom up. @throws ConfigError */
export async function createServices(config: Config, { version = 'unknown' }: { version?: string } = {}) {
  const prompts = await loadPrompts(config.PROMPTS_DIR)
  if (!prompts.has(config.PROMPT)) {
    const others = [...prompts.keys()].join(', ')
    throw new ConfigError([`PROMPT: ${config.PROMPTS_DIR} holds no prompt "${config.PROMPT}", only ${others}`])
  }
  const rankers = createRankers({
    vectors: loadWordVectors(),
    examples: new Map([...prompts.values()].map(({ tagList, examples }) => [tagList, examples])),
  })
  const tracing = await createTracing(config, version)
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
  const bareClassifier = createClassifier({
    tasks,
    knownAnswers: createKnownAnswers({
      entries: config.CACHE_ENTRIES,
      lifetime: config.CACHE_TTL_SECONDS * 1_000,
      settings: answerSettings(config),
    }),
    endpoints: createFallback({
      endpoints,
      onRefusal: config.FALLBACK_ON_REFUSAL,
      onInvalidReply: metrics.invalidReply,
    }),
    prices,
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    tokenCap: config.MAX_OUTPUT_TOKENS,
  })
  const doctor = createDoctor({
    endpoints,
    tasks,
    tokenCap: config.MAX_OUTPUT_TOKENS,
    questionTimeout: config.REQUEST_TIMEOUT_MS,
  })
  const admission = createAdmission({ working: config.REQUESTS_AT_ONCE, waiting: config.REQUESTS_WAITING })
  const allowances = createAllowances({ prices })
  const classifier = measured(bareClassifier, metrics)
  const lineStreams = createLineStreams({
    ...{ classifier, admission, allowances, metrics },
    lineLimit: config.BODY_LIMIT,
    linesAtOnce: Math.ceil(config.UPSTREAM_CONCURRENCY * linesPerCall),
  })
  return {
    prompts,
    tasks,
    candidates,
    classifier,
    lineStreams,
    prices,
    metrics,
    endpoints,
    doctor,
    admission,
    allowances,
    tracing,
  }
}

/** A few lines stand ready, so that the endpoint does not wait while the next one is read. */
const linesPerCall = 1.25

/** What an answer depends on beside the request: who is asked, and what of a long list is shown. */
function answerSettings({ upstreams, WHOLE_LIST_LIMIT, SHORTLIST_SIZE, MAX_OUTPUT_TOKENS }: Config) {
  const asked = upstreams.map(({ baseUrl, model }) => [baseUrl, model])
  return [asked, WHOLE_LIST_LIMIT, SHORTLIST_SIZE, MAX_OUTPUT_TOKENS]
}

/** The packages of OpenTelemetry are loaded only where there is a collector. */
async function createTracing(config: Config, version: string): Promise<Tracing | undefined> {
  const collector = config.OTEL_EXPORTER_OTLP_ENDPOINT
  if (collector === undefined) return undefined
  const { createOpenTelemetry } = await import('./adapters/open-telemetry.ts')
  const headers = new URLSearchParams(config.OTEL_EXPORTER_OTLP_HEADERS?.replaceAll(',', '&'))
  return createOpenTelemetry({
    collector,
    headers: Object.fromEntries(headers),
    service: config.OTEL_SERVICE_NAME,
    version,
  })
}

interface EndpointNeeds {
  readonly rankers: Rankers
  readonly tracing: Tracing | undefined
}

function createEndpoints(config: Config, { rankers, tracing }: EndpointNeeds): [Endpoint, ...Endpoint[]] {
  const remote = config.upstreams.map(upstream =>
    createOpenAiChatModel({ ...upstream, timeout: config.UPSTREAM_TIMEOUT_MS, proxied: config.proxied }),
  )
  const local = remote.length === 0 || config.FALLBACK_TO_RANKER ? [createEmbeddedRanker(rankers)] : []
  return [...remote, ...local]
    .map(chatModel => (tracing ? traced(chatModel, tracing) : chatModel))
    .map(chatModel => guarded(chatModel, config)) as [Endpoint, ...Endpoint[]]
}

/** Every endpoint has its own traffic and its own memory of how it wants to be asked. */
function guarded(chatModel: ChatModel, config: Config): Endpoint {
  return createEndpoint(chatModel, {
    forms: createLearnedForms({ initial: model => chatModel.initialForm(model), lifetime: config.FORM_LIFETIME_MS }),
    traffic: createTraffic({
      limit: createConcurrencyLimit({ most: config.UPSTREAM_CONCURRENCY }),
      circuit: createCircuit({ failures: 10, span: 2_000, coolDown: 5_000, longestCoolDown: 60_000 }),
    }),
    attempts: config.UPSTREAM_ATTEMPTS,
    backoff: config.UPSTREAM_BACKOFF_MS,
  })
}

const dayMs = 86_400_000
const outageOptions = { items: 5, firstWaitMs: 1_000, longestWaitMs: 30_000, patienceMs: 3_600_000 }

/** The batches with the store under them; they run once they are started. @throws StoreError */
export async function openBatches(
  config: Config,
  { tasks, classifier, prices, endpoints, log }: Services & Pick<RunnerOptions, 'log'>,
) {
  const leaseMs = config.BATCH_LEASE_MS
  const store = config.databaseUrl
    ? await openPostgresStore({ url: config.databaseUrl, leaseMs })
    : await openSqliteStore({ directory: config.DATA_DIR, leaseMs })
  const outage = createOutage(outageOptions)
  const runner = createBatchRunner({
    store,
    outage,
    runItem: createItemRun({ classifier, prices, outage }),
    concurrency: config.BATCH_CONCURRENCY,
    heartbeatMs: Math.floor(leaseMs / 3),
    log,
  })
  const retention = startRetention({ store, keepMs: config.BATCH_RETENTION_DAYS * dayMs, intervalMs: dayMs / 24, log })
  const batches = createBatches({
    store,
    runner,
    check: createSettingsCheck({ tasks, prices, model: endpoints[0].model }),
    entryLimit: config.BODY_LIMIT,
    itemLimit: config.BATCH_ITEM_LIMIT,
    watchInterval: 1_000,
  })
  return {
    batches,
    start: runner.start,
    close: async () => {
      await Promise.all([runner.stop({ graceMs: config.SHUTDOWN_TIMEOUT_MS }), retention.stop()])
      await store.close()
    },
  }
}
