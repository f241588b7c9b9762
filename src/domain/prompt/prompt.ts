import { createHash, hash } from 'node:crypto'
import { Liquid, type Template } from 'liquidjs'
import type { Choices } from '../choices.ts'
import type { LabelledExample } from '../ranker/ranker.ts'
import type { ListedTag, TagList } from '../tag-list.ts'
import type { PromptSettings } from './prompt-settings.ts'

export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface PromptDocument {
  readonly id: number | string | null
  readonly text: string
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

export interface TemplateFile {
  /** Where it was read, for error messages. */
  readonly file: string
  readonly template: string
}

/**
 * Templates are the operator's, values are strangers': a value is never read as a template, an unknown variable or
 * filter is an error, only own properties are seen and no template reaches a file.
 */
const liquid = new Liquid({
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  templates: {},
  cache: false,
})

/** @throws Error `file:line: reason` when a template does not parse; rendering throws the same for what it asks in vain */
export function createPrompt({ name, settings, tagList, examples, system, user }: PromptSource): Prompt {
  const [renderSystem, renderUser] = [compile(system), compile(user)]
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
        known.get(maxTags) ?? renderFixedPart(renderSystem, renderUser, fixedVariables(choices, maxTags))
      known.set(maxTags, listPrompt)
      return listPrompt
    },
  }
}

type Render = (variables: object) => string

function renderFixedPart(renderSystem: Render, renderUser: Render, fixed: object): ListPrompt {
  const system = renderSystem(fixed)
  const opening: Message[] = system === '' ? [] : [{ role: 'system', content: system }]
  return {
    system: opening[0]?.content,
    render({ id, text }) {
      return [...opening, { role: 'user', content: renderUser({ ...fixed, id, text, boundary: boundaryOf(text) }) }]
    },
  }
}

function compile({ template, file }: TemplateFile): Render {
  // The newline that ends a file is the editor's, not the prompt's.
  const parsed: Template[] = located(file, () => liquid.parse(template.replace(/\n$/, '')))
  return variables => located(file, () => liquid.renderSync(parsed, variables))
}

/** The engine appends line and column to its messages. */
function located<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const [, reason, line] = /^(.*?)(?:, line:(\d+), col:\d+)?$/s.exec((error as Error).message)!
    throw new Error(`${file}:${line ?? 1}: ${reason}`)
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

/** A line that the text does not hold, the same for the same text: what stands between two of them cannot end itself. */
function boundaryOf(text: string): string {
  for (let salt = 0; ; salt++) {
    const boundary = hash('sha256', `${salt}\n${text}`, 'hex').slice(0, 16)
    if (!text.includes(boundary)) return boundary
  }
}
