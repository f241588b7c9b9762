import { createHash, hash } from 'node:crypto'
import type { Choices } from '../choices.ts'
import type { LabelledExample } from '../ranker/ranker.ts'
import type { ListedTag, TagList } from '../tag-list.ts'
import type { PromptSettings } from './prompt-settings.ts'
import {
  compile,
  compileForDocuments,
  type PromptDocument,
  type Render,
  type RenderDocument,
  type TemplateFile,
} from './template.ts'

export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** A prompt whose fixed part is rendered: the same bytes for every document. */
export interface ListPrompt {
  /** Undefined when the prompt has no system message. */
  readonly system: string | undefined
  /** The messages for one document, which stands in the last of them. */
  render(document: PromptDocument): Message[]
}

export interface Prompt {
  readonly name: string
  /** `name@` and the hash of settings and wording: what an answer can be traced back to. */
  readonly version: string
  readonly settings: PromptSettings
  /** The list that is used when a request brings none. */
  readonly tagList: TagList
  /** Texts whose tags are known: the ranker learns from them. */
  readonly examples: readonly LabelledExample[]
  forChoices(choices: Choices, maxTags: number): ListPrompt
}

export interface PromptSource {
  readonly name: string
  readonly settings: PromptSettings
  readonly tagList: TagList
  readonly examples: readonly LabelledExample[]
  readonly system: TemplateFile
  readonly user: TemplateFile
}

/** @throws Error `file:line: reason` when a template does not parse; rendering throws the same for what it asks in vain */
export function createPrompt({ name, settings, tagList, examples, system, user }: PromptSource): Prompt {
  const [renderSystem, documentRenderer] = [compile(system), compileForDocuments(user)]
  const rendered = new WeakMap<Choices, Map<number, ListPrompt>>()
  const hash = createHash('sha256')
    .update(JSON.stringify([settings, system.template, user.template]))
    .digest('hex')
  return {
    name,
    version: `${name}@${hash.slice(0, 12)}`,
    settings,
    tagList,
    examples,
    forChoices(choices, maxTags) {
      const known = rendered.get(choices) ?? new Map<number, ListPrompt>()
      rendered.set(choices, known)
      const listPrompt =
        known.get(maxTags) ?? renderFixedPart(renderSystem, documentRenderer, fixedVariables(choices, maxTags))
      known.set(maxTags, listPrompt)
      return listPrompt
    },
  }
}

function renderFixedPart(
  renderSystem: Render,
  documentRenderer: (fixed: object) => RenderDocument,
  fixed: object,
): ListPrompt {
  const system = renderSystem(fixed)
  const renderUser = documentRenderer(fixed)
  const opening: Message[] = system === '' ? [] : [{ role: 'system', content: system }]
  return {
    system: opening[0]?.content,
    render({ id, text }) {
      return [...opening, { role: 'user', content: renderUser({ id, text, boundary: boundaryOf(text) }) }]
    },
  }
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
 * A word that the text does not hold: what stands between two of them cannot end itself. One for nearly all texts, as
 * what is the same in all of them is cached; what a text that holds it gets instead, its author cannot foresee.
 */
function boundaryOf(text: string): string {
  let boundary = usualBoundary
  for (let salt = 0; text.includes(boundary); salt++) {
    boundary = hash('sha256', `${salt}\n${text}`, 'hex').slice(0, 16)
  }
  return boundary
}
