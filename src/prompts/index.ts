export { createCandidates } from './candidates.ts'
export { closingObject, gluedObjects, readJson } from './json-candidates.ts'
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
export {
  createWireSchema,
  labelSchema,
  responseFormat,
  schemaOfTags,
  sentSchema,
  type WireSchema,
} from './reply-schema.ts'
export { createTasks, encodedOf, type ReadRequest, type Task, type Tasks } from './tasks.ts'
export { withoutThinking } from './thinking.ts'
