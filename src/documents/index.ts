export { createDocuments } from './documents.ts'
export { markdownOf } from './markup/markup.ts'
export { areNearDuplicates, openingOf, type TextWords, textWords } from './near-duplicates.ts'
export { readText } from './passages.ts'
