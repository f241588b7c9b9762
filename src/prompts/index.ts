export { closingObject, gluedObjects, readJson } from '../core/model/json-candidates.ts'
export {
  createWireSchema,
  labelSchema,
  responseFormat,
  schemaOfTags,
  sentSchema,
  type WireSchema,
} from '../core/model/reply-schema.ts'
export { withoutThinking } from '../core/model/thinking.ts'
export { createCandidates } from './candidates.ts'
export { type Message, nameOfOrder, type Prompt, PromptSettings, reordered } from './prompt.ts'
export { loadPrompts } from './prompt-files.ts'
export type { Questions } from './questions.ts'
export {
  type Enrichment,
  mostTopics,
  type ReplyReading,
  readEnrichment,
  readReply,
  readScores,
  readTopics,
  type ScoredTag,
} from './read-reply.ts'
export { createTasks, encodedOf, type ReadRequest, type Task, type Tasks } from './tasks.ts'
