export { createCandidates } from './candidates.ts'
export { nameOfOrder, reordered } from './prompt.ts'
export { loadPrompts } from './prompt-files.ts'
export { createTasks } from './tasks.ts'
