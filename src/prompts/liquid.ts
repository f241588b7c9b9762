import { randomUUID } from 'node:crypto'
import { Liquid, type Template } from 'liquidjs'
import type { DocumentId } from '../classification.ts'

export interface TemplateFile {
  /** Where it was read, for error messages. */
  readonly file: string
  readonly template: string
}

export interface PromptDocument {
  readonly id: DocumentId | null
  readonly text: string
}

export type Render = (variables: object) => string
export type RenderDocument = (document: PromptDocument & { readonly boundary: string }) => string

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

/** @throws Error `file:line: reason` when the template does not parse; the renderer does for what it asks in vain */
export function compile({ template, file }: TemplateFile): Render {
  // The newline that ends a file is the editor's, not the prompt's.
  const parsed: Template[] = located(file, () => liquid.parse(template.replace(/\n$/, '')))
  return variables => located(file, () => liquid.renderSync(parsed, variables))
}

/** A template without tags that shows the text and its boundary as they are: the rest is the same for every document. */
function isPlain({ template }: TemplateFile): boolean {
  const rest = template.replace(/\{\{-?\s*(?:text|boundary)\s*-?\}\}/g, '')
  return !rest.includes('{%') && !(rest.includes('{{') && /\b(?:id|text|boundary)\b/.test(rest))
}

/** A plain template is rendered once for each list, and then only filled in. */
export function compileForDocuments(file: TemplateFile): (fixed: object) => RenderDocument {
  const render = compile(file)
  if (!isPlain(file)) return fixed => document => render({ ...fixed, ...document })
  return fixed => {
    const [text, boundary] = [randomUUID(), randomUUID()]
    const parts = render({ ...fixed, text, boundary }).split(new RegExp(`(${text}|${boundary})`))
    return document =>
      parts.map(part => (part === text ? document.text : part === boundary ? document.boundary : part)).join('')
  }
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
