export {
  answerOf,
  createKnownAnswers,
  type Finding,
  KnownAnswer,
  type KnownAnswers,
} from './answer-cache.ts'
export { createStoredAnswers } from './stored-answers.ts'
