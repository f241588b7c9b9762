import { Liquid, type Template } from 'liquidjs'

export interface TemplateFile {
  /** Where it was read, for error messages. */
  readonly file: string
  readonly template: string
}

export type Render = (variables: object) => string

/**
 * Templates are the operator's, values are its clients': a value is never read as a template, an unknown variable or
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

/** The engine appends line and column to its messages. */
function located<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const [, reason, line] = /^(.*?)(?:, line:(\d+), col:\d+)?$/s.exec((error as Error).message)!
    throw new Error(`${file}:${line ?? 1}: ${reason}`)
  }
}
