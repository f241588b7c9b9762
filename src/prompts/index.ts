export { createCandidates } from './candidates.ts'
export { nameOfOrder, type Prompt, PromptSettings, reordered } from './prompt.ts'
export { loadPrompts } from './prompt-files.ts'
export {
  type Enrichment,
  mostTopics,
  type ReplyReading,
  readEnrichment,
  readReply,
  readScores,
  readTopics,
} from './read-reply.ts'
export { createTasks, encodedOf, type ReadRequest, type Task, type Tasks } from './tasks.ts'
