export { createDecisionModel } from './decisions/decision-model.ts'
export { createEmbeddedRanker } from './embedded-ranker.ts'
export { createEmbeddingModel } from './embeddings/embedding-model.ts'
export { createEncoder } from './embeddings/encoder.ts'
export { circuitOf, engineVersion } from './endpoint-choice.ts'
export { createGuardedEndpoint, type GuardOptions } from './guarded-endpoint.ts'
export { createOpenAiBatches } from './openai/openai-batches.ts'
export { createOpenAiChatModel } from './openai/openai-chat-model.ts'
export {
  createShutdownDates,
  type Shutdown,
  type ShutdownDates,
  shutdownInWords,
  warnedDays,
} from './openai/shutdown-dates.ts'
export { formatInWords } from './request-form/form-in-words.ts'
export { traced } from './traced.ts'
export { judge, providerWords } from './upstream-failure.ts'
