import { hash, randomUUID } from 'node:crypto'
import type { DocumentId } from '../core/classification.ts'
import type { ListPrompt, Prompt, PromptExample, PromptSettings, ShownExample } from '../core/model/prompt.ts'
import type { Message } from '../core/model/question.ts'
import type { Choices } from '../core/tags/choices.ts'
import type { ListedTag, TagId, TagList } from '../core/tags/tag-list.ts'
import { compile, type TemplateFile } from './liquid.ts'
import { createQuestions } from './questions.ts'

/** The same prompt with the list in an order that the seed decides: what an answer owes to the order. */
export const reordered = (prompt: Prompt, seed: number): Prompt => ({
  ...prompt,
  name: nameOfOrder(prompt.name, seed),
  version: nameOfOrder(prompt.version, seed),
  settings: { ...prompt.settings, order: 'seeded', seed },
})
export const nameOfOrder = (name: string, seed: number): string => `${name}, order ${seed}`

export interface PromptSource {
  readonly name: string
  readonly settings: PromptSettings
  /** Where the settings were read, for error messages. */
  readonly file: string
  readonly tagList: TagList
  readonly examples: readonly PromptExample[]
  readonly system: TemplateFile
  readonly user: TemplateFile
}

/** @throws Error `file:line: reason` when a template does not parse; rendering throws the same for what it asks in vain */
export function createPrompt({ name, settings, file, tagList, examples, system, user }: PromptSource): Prompt {
  const renderSystem = compile(system)
  const documentRenderer = compileForDocuments(user)
  const mentionsSuggestions = /\bsuggested_tags\b/.test(user.template)
  const mentionsExamples = /\bexamples\b/.test(user.template)
  if (settings.examples && !mentionsExamples)
    throw new Error(`${file}:1: examples: ${user.file} shows none; take {% if examples %} from that of assign-tags`)
  const rendered = new WeakMap<Choices, Map<number, ListPrompt>>()
  // What is looked at afterwards changes no answer.
  const { review_below: _, ...answering } = settings
  const parts = [answering, system.template, user.template, ...(examples.length > 0 ? [examples] : [])]
  return {
    name,
    version: `${name}@${hash('sha256', JSON.stringify(parts), 'hex').slice(0, 12)}`,
    settings,
    tagList,
    examples,
    mentionsSuggestions,
    questions: settings.decide && createQuestions(settings.decide, file),
    forChoices: (choices, maxTags) =>
      rendered
        .getOrInsertComputed(choices, () => new Map())
        .getOrInsertComputed(maxTags, () => renderFixedPart(choices, maxTags)),
  }

  function renderFixedPart(choices: Choices, maxTags: number): ListPrompt {
    const fixed = fixedVariables(choices, maxTags)
    const system = renderSystem(fixed)
    const renderUser = documentRenderer(fixed)
    const opening: Message[] = system === '' ? [] : [{ role: 'system', content: system }]
    return {
      system: opening[0]?.content,
      render({ id, text, suggestedTags, examples = [] }) {
        const boundary = boundaryOf([text, ...examples.map(example => example.text)])
        const content = renderUser({
          ...{ id, text, boundary },
          ...(mentionsSuggestions && { suggested_tags: labelled(suggestedTags(), choices) }),
          ...(mentionsExamples && { examples: examples.flatMap(example => written(example, choices)) }),
        })
        return [...opening, { role: 'user', content }]
      },
    }
  }
}

/** Tags as the model is to write them; one that it may not write is left out. */
const labelled = (tags: readonly ListedTag[], choices: Choices) =>
  tags.flatMap(tag => {
    const label = choices.labels[choices.tags.indexOf(tag)]
    return label === undefined ? [] : [{ label, name: tag.name }]
  })

/** As the model is to write it; one of which it may write no tag would teach it that nothing fits. */
function written({ text, tags, rejected }: ShownExample, choices: Choices) {
  const tagsOf = (ids: readonly TagId[]) =>
    labelled(
      ids.flatMap(id => choices.tags.find(tag => String(tag.id) === String(id)) ?? []),
      choices,
    )
  const [right, wrong] = [tagsOf(tags), tagsOf(rejected)]
  return right.length > 0 ? [{ text, tags: right, rejected: wrong }] : []
}

/** What a template can say without knowing the document; a system template that asks for more fails at start. */
function fixedVariables(choices: Choices, maxTags: number) {
  // Where candidates are numbered, a template is shown the numbers and nothing else.
  const idOf = (tag: ListedTag, index: number) => (choices.replyWith === 'positions' ? choices.labels[index] : tag.id)
  return {
    max_tags: maxTags,
    reply_with: choices.replyWith === 'names' ? 'names' : 'ids',
    tags: choices.tags.map((tag, index) => ({
      label: choices.labels[index],
      id: idOf(tag, index),
      name: tag.name,
      description: tag.description ?? '',
      aliases: tag.aliases,
    })),
    tags_as_written: choices.tags.map((tag, index) => ({ id: idOf(tag, index), name: tag.writtenName })),
  }
}

const usualBoundary = hash('sha256', 'document', 'hex').slice(0, 16)

/**
 * A word that the texts do not hold: what stands between two of them cannot end itself. One for nearly all texts, as
 * what is the same in all of them is cached; what a text that holds it gets instead, its author cannot foresee.
 */
function boundaryOf(texts: readonly string[]): string {
  let boundary = usualBoundary
  for (let salt = 0; texts.some(text => text.includes(boundary)); salt++) {
    boundary = hash('sha256', `${salt}\n${texts.join('\n')}`, 'hex').slice(0, 16)
  }
  return boundary
}

/** What a template is told of one document. */
interface DocumentVariables {
  readonly id: DocumentId | null
  readonly text: string
  readonly boundary: string
  /** Only where the template mentions it. */
  readonly suggested_tags?: ReturnType<typeof labelled>
  readonly examples?: ReturnType<typeof written>
}
type RenderDocument = (document: DocumentVariables) => string

/** A template without tags that shows the text and its boundary as they are: the rest is the same for every document. */
function isPlain({ template }: TemplateFile): boolean {
  const rest = template.replace(/\{\{-?\s*(?:text|boundary)\s*-?\}\}/g, '')
  return !rest.includes('{%') && !(rest.includes('{{') && /\b(?:id|text|boundary|suggested_tags|examples)\b/.test(rest))
}

/** A plain template is rendered once for each list, and then only filled in. */
function compileForDocuments(file: TemplateFile): (fixed: object) => RenderDocument {
  const render = compile(file)
  if (!isPlain(file)) return fixed => document => render({ ...fixed, ...document })
  return fixed => {
    const [text, boundary] = [randomUUID(), randomUUID()]
    const parts = render({ ...fixed, text, boundary }).split(new RegExp(`(${text}|${boundary})`))
    return document =>
      parts.map(part => (part === text ? document.text : part === boundary ? document.boundary : part)).join('')
  }
}
