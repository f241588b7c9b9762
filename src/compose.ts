import { createEmbeddedRanker } from './adapters/embedded-ranker.ts'
import { createOpenAiChatModel } from './adapters/openai/openai-chat-model.ts'
import { createPrices } from './adapters/prices.ts'
import { loadPrompts } from './adapters/prompt-files.ts'
import type { Config } from './config.ts'
import { ConfigError } from './domain/config-error.ts'
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
    : createEmbeddedRanker()
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
  const classifier = createClassifier({
    tasks,
    endpoint,
    prices: createPrices(),
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    tokenCap: config.MAX_OUTPUT_TOKENS,
  })
  return { prompts, tasks, classifier, endpoint: { name: chatModel.endpoint, model: chatModel.model } }
}
