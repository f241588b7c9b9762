export {
  answerOf,
  createKnownAnswers,
  type Finding,
  KnownAnswer,
  type KnownAnswers,
} from './answer-cache.ts'
export { type CachedValue, createStoredAnswers, type ResultCache } from './stored-answers.ts'
