import {
  createAdmission,
  createPrices,
  createQuotas,
  hasBudget,
  openLedger,
  warnOfUnpriced,
} from './accounting/index.ts'
import { createKnownAnswers, createStoredAnswers } from './answers/index.ts'
import { createCheapMode, createClassifier, createFallback, createLineStreams, measured } from './classify/index.ts'
import { createEndpoints } from './compose-endpoints.ts'
import type { Config } from './config.ts'
import { digest } from './core/bytes/digest.ts'
import type { Corrections } from './core/corrections.ts'
import { ConfigError } from './core/faults.ts'
import type { Prompt } from './core/model/prompt.ts'
import { createDoctor } from './doctor/index.ts'
import {
  createEmbeddingModel,
  createEncoder,
  createShutdownDates,
  engineVersion,
  providerWords,
} from './endpoints/index.ts'
import { createMetrics, openTracing } from './observability/index.ts'
import { createCandidates, createTasks, loadPrompts, reordered } from './prompts/index.ts'
import { createCalibrations, createCorrections, createFeedback } from './quality/index.ts'
import { createRankers, encoding, loadWordVectors, rankerVersion } from './ranker/index.ts'
import { createStorageCheck, openPostgresStore, openSqliteStore, type Store } from './store/index.ts'

export type Services = Awaited<ReturnType<typeof createServices>>

export interface ServiceOptions {
  /** Whether confidences are what the engines say, whatever was measured: for who measures them. */
  readonly rawConfidences?: boolean
  /** Every prompt is there once more for each of so many orders of its list. */
  readonly orders?: number
  /** What people said, where it is not in the store. */
  readonly corrections?: Corrections
  readonly version?: string
  /** What outlives the process. A command that does without keeps what it learns in memory. */
  readonly kept?: Kept
  /** The least time, in milliseconds, that is given to a call and to a question of the doctor, whatever is set. */
  readonly leastCallTime?: number
}

export interface Kept {
  readonly store: Store
  readonly log: Pick<Console, 'info' | 'warn'>
}

/** What outlives the process. @throws StoreError */
export const openStore = ({
  databaseUrl: url,
  DATA_DIR: directory,
  BATCH_LEASE_MS: leaseMs,
  REQUEST_TIMEOUT_MS,
}: Config): Promise<Store> =>
  url
    ? openPostgresStore({ url, leaseMs, statementMs: statementTime(REQUEST_TIMEOUT_MS) })
    : openSqliteStore({ directory, leaseMs })

/** A request may first wait for a connection, and then for its statement: both within its time. */
const statementTime = (requestTime: number) => Math.min(5_000, Math.max(1_000, Math.floor(requestTime / 2)))

/** The whole service, from the bottom up. @throws ConfigError */
export async function createServices(
  config: Config,
  {
    version = 'unknown',
    kept,
    leastCallTime = 0,
    rawConfidences = false,
    orders = 0,
    corrections,
  }: ServiceOptions = {},
) {
  const loaded = await loadPrompts(config.PROMPTS_DIR)
  const shuffled = [...loaded.values()].flatMap(prompt =>
    Array.from({ length: orders }, (_, order) => reordered(prompt, order + 1)),
  )
  const prompts = new Map([...loaded.values(), ...shuffled].map(prompt => [prompt.name, prompt]))
  if (!prompts.has(config.PROMPT)) {
    const others = [...prompts.keys()].join(', ')
    throw new ConfigError([`PROMPT: ${config.PROMPTS_DIR} holds no prompt "${config.PROMPT}", only ${others}`])
  }
  checkQuestions(config, prompts)
  const rankers = createRankers({
    vectors: loadWordVectors(),
    eagerness: config.RANKER_EAGERNESS,
    examples: new Map([...prompts.values()].map(({ tagList, examples }) => [tagList, examples])),
  })
  const tracing = await openTracing({
    collector: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    headers: config.OTEL_EXPORTER_OTLP_HEADERS,
    service: config.OTEL_SERVICE_NAME,
    version,
  })
  const { endpoints, ranker } = createEndpoints(config, { rankers, tracing, leastCallTime, log: kept?.log })
  const lastResort = config.upstreams.length > 0 ? endpoints[config.upstreams.length] : undefined
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
  if (kept)
    warnOfUnpriced({
      apiKeys: config.apiKeys,
      endpoints: endpoints.slice(0, config.upstreams.length),
      prices,
      log: kept.log,
    })
  const metrics = createMetrics({ version })
  const ledger = await openLedger({ prices, kept, watched: config.apiKeys.some(hasBudget) })
  const lifetime = config.CACHE_TTL_SECONDS * 1_000
  const keepsAnswers = config.CACHE_ENTRIES > 0 && config.CACHE_STORED_ENTRIES > 0
  const stored = kept && keepsAnswers ? createStoredAnswers({ cache: kept.store, log: kept.log }) : undefined
  const knownAnswers = createKnownAnswers({
    entries: config.CACHE_ENTRIES,
    lifetime,
    settings: answerSettings(config),
    store: stored,
  })
  const confidenceSettings = digest(JSON.stringify([config.TEXT_BUDGET, answerSettings(config).slice(1)])).slice(0, 12)
  const calibrations = rawConfidences
    ? undefined
    : createCalibrations({ file: config.calibrationFile, settings: confidenceSettings, log: kept?.log })
  const recipe = {
    ...{ tasks, knownAnswers, ledger, metrics, calibrations },
    // Where the ranker is asked anyway, no model could be spared.
    cheapMode: config.upstreams.length > 0 && calibrations ? createCheapMode({ ranker, calibrations }) : undefined,
    corrections: corrections ?? (kept && createCorrections(kept)),
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    tokenCap: config.MAX_OUTPUT_TOKENS,
  }
  const { embeddings } = config
  const bareClassifier = createClassifier({
    ...recipe,
    encoder: embeddings && createEncoder(createEmbeddingModel(embeddings), { ...embeddings, encoding, log: kept?.log }),
    endpoints: createFallback({
      ...{ endpoints, ranker, lastResort },
      onRefusal: config.FALLBACK_ON_REFUSAL,
      onInvalidReply: metrics.invalidReply,
    }),
  })
  const patients = endpoints.map((endpoint, index) => ({
    endpoint,
    // A prompt that names a model means it of the first endpoint.
    models: [...new Set([endpoint.model, ...(index === 0 ? modelsIn(prompts) : [])])],
    upstream: config.upstreamTimes[index],
  }))
  const shutdownDates = createShutdownDates({
    asked: config.upstreams.map((upstream, index) => {
      const { endpoint, models } = patients[index]!
      return { ...upstream, endpoint: endpoint.name, models, timeout: config.upstreamTimes[index]!.callTime }
    }),
  })
  const secrets = config.upstreams.flatMap(({ apiKey }) => apiKey ?? [])
  const doctor = createDoctor({
    ...{ tasks, patients, shutdownDates },
    wordsOf: failure => providerWords(failure, secrets),
    inForce: {
      requestTime: config.REQUEST_TIMEOUT_MS,
      textBudget: config.TEXT_BUDGET,
      tokenCap: config.MAX_OUTPUT_TOKENS,
      concurrency: config.UPSTREAM_CONCURRENCY,
    },
    questionTimeout: Math.max(leastCallTime, config.REQUEST_TIMEOUT_MS),
  })
  const feedback = kept && createFeedback({ store: kept.store, tasks, prompts, keepTexts: config.FEEDBACK_TEXTS })
  const admission = createAdmission({ working: config.REQUESTS_AT_ONCE, waiting: config.REQUESTS_WAITING })
  const quotas = createQuotas({ apiKeys: config.apiKeys, ledger })
  const classifier = measured(bareClassifier, metrics)
  const lineStreams = createLineStreams({
    ...{ classifier, admission, quotas, metrics },
    lineLimit: config.BODY_LIMIT,
    callsAtOnce: config.UPSTREAM_CONCURRENCY,
  })
  return {
    ...{ prompts, tasks, candidates, recipe, classifier, lineStreams, prices, metrics },
    ...{ endpoints, ranker, lastResort, doctor, shutdownDates, feedback, confidenceSettings },
    engine: engineVersion(endpoints, config.upstreams.length > 0 ? [] : [rankerVersion, config.RANKER_EAGERNESS]),
    ...{ admission, quotas, ledger, tracing },
    storageAnswers: kept && createStorageCheck(kept.store),
    /** Writes to the store what is not there yet, both whatever becomes of the other. */
    settle: () => Promise.all([stored?.close(), ledger.close()]),
  }
}

/** What an answer depends on beside the request: who is asked, what of a long list is shown, and who picks it. */
export function answerSettings(config: Config) {
  const { upstreams, WHOLE_LIST_LIMIT, SHORTLIST_SIZE, MAX_OUTPUT_TOKENS, RANKER_EAGERNESS } = config
  const encoder = config.embeddings ? [config.embeddings.baseUrl, config.embeddings.model] : []
  // As it always was for one that chats: what is stored holds on.
  const asked = upstreams.map(({ baseUrl, model, api }) => [baseUrl, model, ...(api === 'chat' ? [] : [api])])
  return [asked, WHOLE_LIST_LIMIT, SHORTLIST_SIZE, MAX_OUTPUT_TOKENS, rankerVersion, RANKER_EAGERNESS, ...encoder]
}

const modelsIn = (prompts: ReadonlyMap<string, Prompt>): string[] =>
  [...prompts.values()].flatMap(({ settings }) => settings.model ?? [])

/** Any request may name any prompt, so each has to say what a decision model is asked. @throws ConfigError */
function checkQuestions({ upstreams, PROMPTS_DIR }: Config, prompts: ReadonlyMap<string, Prompt>): void {
  const api = upstreams.find(upstream => upstream.api !== 'chat')?.api
  const silent = [...prompts.values()].filter(({ questions }) => api && !questions)
  if (silent.length === 0) return
  throw new ConfigError(
    silent.map(
      ({ name }) =>
        `${PROMPTS_DIR}/${name}/prompt.yaml: decide: is missing, and with OPENAI_API=${api} a model is asked about each tag in its words; take it from the prompt.yaml of assign-tags`,
    ),
  )
}
