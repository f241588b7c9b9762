export {
  type Engine,
  type EngineReply,
  isScores,
  type ScoreReply,
  type TextReply,
  type TextResult,
  type TokenProbability,
  textOf,
  type UpstreamFailure,
} from '../core/model/engine.ts'
export {
  isProviderFailure,
  type ProviderBatch,
  type ProviderBatches,
  type ProviderLine,
} from '../core/model/provider-batches.ts'
export { FormStep, type WireForm } from '../core/model/wire-form.ts'
export { createDecisionModel } from './decisions/decision-model.ts'
export { createEmbeddedRanker } from './embedded-ranker.ts'
export { createEmbeddingModel } from './embeddings/embedding-model.ts'
export { createEncoder, type EncodeOptions, type Encoder } from './embeddings/encoder.ts'
export {
  type AskOptions,
  checkFinish,
  type Endpoint,
  type EndpointReply,
  type FoundForm,
  type Question,
} from './endpoint.ts'
export { circuitOf, engineVersion } from './endpoint-choice.ts'
export { createGuardedEndpoint, type GuardOptions } from './guarded-endpoint.ts'
export { type CircuitState, callerOf } from './limits/circuit.ts'
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
export type { Observation } from './request-form/learned-forms.ts'
export { traced } from './traced.ts'
export { judge, providerWords } from './upstream-failure.ts'
