import { createEmbeddedRanker } from './adapters/embedded-ranker.ts'
import { createOpenAiChatModel } from './adapters/openai/openai-chat-model.ts'
import { openPostgresStore } from './adapters/postgres-store/open.ts'
import { createPrices } from './adapters/prices.ts'
import { loadPrompts } from './adapters/prompt-files.ts'
import { openSqliteStore } from './adapters/sqlite-store/open.ts'
import { loadWordVectors } from './adapters/word-vector-file.ts'
import type { Config } from './config.ts'
import { ConfigError } from './domain/config-error.ts'
import { createOutage } from './domain/outage.ts'
import { createItemRun } from './services/batch-item-run.ts'
import { startRetention } from './services/batch-retention.ts'
import { createBatchRunner, type RunnerOptions } from './services/batch-runner.ts'
import { createSettingsCheck } from './services/batch-settings-check.ts'
import { createBatches } from './services/batches.ts'
import { createClassifier } from './services/classifier.ts'
import { createEndpoint } from './services/endpoint.ts'
import { createTasks } from './services/tasks.ts'

export type Services = Awaited<ReturnType<typeof createServices>>

/** The whole service, from the bottom up. @throws ConfigError */
export async function createServices(config: Config) {
  const prompts = await loadPrompts(config.PROMPTS_DIR)
  if (!prompts.has(config.PROMPT)) {
    throw new ConfigError([
      `PROMPT: ${config.PROMPTS_DIR} holds no prompt "${config.PROMPT}", only ${[...prompts.keys()].join(', ')}`,
    ])
  }
  const chatModel = config.upstream
    ? createOpenAiChatModel({ ...config.upstream, timeout: config.UPSTREAM_TIMEOUT_MS })
    : createEmbeddedRanker(loadWordVectors())
  const endpoint = createEndpoint(chatModel, {
    attempts: config.UPSTREAM_ATTEMPTS,
    backoff: config.UPSTREAM_BACKOFF_MS,
  })
  const tasks = createTasks({
    prompts,
    defaultPrompt: config.PROMPT,
    textBudget: config.TEXT_BUDGET,
    mostTags: config.TAG_LIST_LIMIT,
  })
  const prices = createPrices()
  const classifier = createClassifier({
    tasks,
    endpoint,
    prices,
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    tokenCap: config.MAX_OUTPUT_TOKENS,
  })
  return { prompts, tasks, classifier, prices, endpoint: { name: chatModel.endpoint, model: chatModel.model } }
}

const dayMs = 86_400_000
const outageOptions = { items: 5, firstWaitMs: 1_000, longestWaitMs: 30_000, patienceMs: 3_600_000 }

/** The batches with the store under them; they run once they are started. @throws StoreError when the store cannot be opened */
export async function openBatches(
  config: Config,
  { tasks, classifier, prices, endpoint, log }: Services & Pick<RunnerOptions, 'log'>,
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
    check: createSettingsCheck({ tasks, prices, model: endpoint.model }),
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
