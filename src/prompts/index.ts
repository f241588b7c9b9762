export {
  type Enrichment,
  mostTopics,
  type ReplyReading,
  readEnrichment,
  readReply,
  readScores,
  readTopics,
} from '../core/model/read-reply.ts'
export { createCandidates } from './candidates.ts'
export { nameOfOrder, type Prompt, PromptSettings, reordered } from './prompt.ts'
export { loadPrompts } from './prompt-files.ts'
export { createTasks, encodedOf, type ReadRequest, type Task, type Tasks } from './tasks.ts'
