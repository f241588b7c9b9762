import { createEmbeddedRanker } from './adapters/embedded-ranker.ts'
import { createOpenAiChatModel } from './adapters/openai/openai-chat-model.ts'
import { createPrices } from './adapters/prices.ts'
import { loadPrompts } from './adapters/prompt-files.ts'
import { loadWordVectors } from './adapters/word-vector-file.ts'
import type { Config } from './config.ts'
import { ConfigError } from './domain/config-error.ts'
import { createCandidates } from './services/candidates.ts'
import { createCircuit } from './services/circuit.ts'
import { createClassifier } from './services/classifier.ts'
import { createConcurrencyLimit } from './services/concurrency-limit.ts'
import { createDoctor } from './services/doctor.ts'
import { createEndpoint, type Endpoint } from './services/endpoint.ts'
import { createFallback } from './services/fallback.ts'
import { createKnownAnswers } from './services/known-answers.ts'
import { createLearnedForms } from './services/learned-forms.ts'
import type { ChatModel } from './services/ports.ts'
import { createRankers, type Rankers } from './services/rankers.ts'
import { createTasks } from './services/tasks.ts'
import { createTraffic } from './services/traffic.ts'

export type Services = Awaited<ReturnType<typeof createServices>>

/** The whole service, from the bottom up. @throws ConfigError */
export async function createServices(config: Config) {
  const prompts = await loadPrompts(config.PROMPTS_DIR)
  if (!prompts.has(config.PROMPT)) {
    const others = [...prompts.keys()].join(', ')
    throw new ConfigError([`PROMPT: ${config.PROMPTS_DIR} holds no prompt "${config.PROMPT}", only ${others}`])
  }
  const rankers = createRankers({
    vectors: loadWordVectors(),
    examples: new Map([...prompts.values()].map(({ tagList, examples }) => [tagList, examples])),
  })
  const endpoints = createEndpoints(config, rankers)
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
  const classifier = createClassifier({
    tasks,
    knownAnswers: createKnownAnswers({
      entries: config.CACHE_ENTRIES,
      lifetime: config.CACHE_TTL_SECONDS * 1_000,
      settings: answerSettings(config),
    }),
    endpoints: createFallback({ endpoints, onRefusal: config.FALLBACK_ON_REFUSAL }),
    prices: createPrices({ file: config.PRICES_FILE }),
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    tokenCap: config.MAX_OUTPUT_TOKENS,
  })
  const doctor = createDoctor({
    endpoints,
    tasks,
    tokenCap: config.MAX_OUTPUT_TOKENS,
    questionTimeout: config.REQUEST_TIMEOUT_MS,
  })
  return { prompts, tasks, candidates, classifier, endpoints, doctor }
}

/** What an answer depends on beside the request: who is asked, and what of a long list is shown. */
function answerSettings({ upstreams, WHOLE_LIST_LIMIT, SHORTLIST_SIZE, MAX_OUTPUT_TOKENS }: Config) {
  const asked = upstreams.map(({ baseUrl, model }) => [baseUrl, model])
  return [asked, WHOLE_LIST_LIMIT, SHORTLIST_SIZE, MAX_OUTPUT_TOKENS]
}

function createEndpoints(config: Config, rankers: Rankers): [Endpoint, ...Endpoint[]] {
  const remote = config.upstreams.map(upstream =>
    createOpenAiChatModel({ ...upstream, timeout: config.UPSTREAM_TIMEOUT_MS, proxied: config.proxied }),
  )
  const local = remote.length === 0 || config.FALLBACK_TO_RANKER ? [createEmbeddedRanker(rankers)] : []
  return [...remote, ...local].map(chatModel => guarded(chatModel, config)) as [Endpoint, ...Endpoint[]]
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
