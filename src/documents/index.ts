export { definitionsIn, FORM_NAMES, formCuesIn } from './definition.ts'
export { createDocuments, digest, type ReadDocument } from './documents.ts'
export { markdownOf } from './markup/markup.ts'
export { PARTS, type Part, type Passage, type ReadText, readText } from './passages.ts'
