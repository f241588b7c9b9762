import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { decodeText } from '../core/bytes/decode.ts'
import { ConfigError, faultsOf } from '../core/faults.ts'
import { jsonFault } from '../core/json-fault.ts'
import { type Prompt, PromptExample, PromptSettings } from '../core/model/prompt.ts'
import { createChoices } from '../core/tags/choices.ts'
import { readTagList, Tag, type TagList } from '../core/tags/tag-list.ts'
import { createPrompt } from './prompt.ts'

/**
 * Reads every folder of `directory` as a prompt.
 * @throws ConfigError with a line `file:line: reason` for each fault of each folder.
 */
export async function loadPrompts(directory: string): Promise<ReadonlyMap<string, Prompt>> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: Error) => {
    throw new ConfigError([`PROMPTS_DIR: ${directory} cannot be read (${error.message})`])
  })
  const names = entries.filter(entry => entry.isDirectory() && !entry.name.startsWith('.')).map(entry => entry.name)
  if (names.length === 0) throw new ConfigError([`PROMPTS_DIR: ${directory} holds no prompt folder`])
  const results = await Promise.allSettled(names.sort().map(name => loadPrompt(directory, name)))
  const faults = results.flatMap(result => (result.status === 'rejected' ? linesOf(result.reason) : []))
  if (faults.length > 0) throw new ConfigError(faults)
  return new Map(results.flatMap(result => (result.status === 'fulfilled' ? [[result.value.name, result.value]] : [])))
}

const linesOf = (error: unknown): readonly string[] =>
  error instanceof ConfigError ? error.faults : [error instanceof Error ? error.message : String(error)]

async function loadPrompt(directory: string, name: string): Promise<Prompt> {
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
    throw new ConfigError([`${join(directory, name)}: a prompt folder is named with a-z, 0-9, ".", "_" and "-"`])
  }
  const read = async (fileName: string) => {
    const file = join(directory, name, fileName)
    return { file, text: await textOf(file) }
  }
  const [settings, system, user, tags, examples] = await Promise.all([
    read('prompt.yaml').then(({ file, text }) => check(file, text, PromptSettings)),
    read('system.liquid'),
    read('user.liquid'),
    read('tags.json').then(({ file, text }) => readTagListFile(file, text)),
    readExamples(join(directory, name, 'examples.jsonl')),
  ])
  for (const { line, example } of examples) {
    const unlisted = example.tags.find(id => !tags.byId.has(String(id)))
    if (unlisted !== undefined) throw new ConfigError([`${line}: tags: ${unlisted} is not in tags.json`])
  }
  const prompt = explained(() =>
    createPrompt({
      name,
      settings,
      file: join(directory, name, 'prompt.yaml'),
      tagList: tags,
      examples: examples.map(({ example }) => example),
      system: { file: system.file, template: system.text },
      user: { file: user.file, template: user.text },
    }),
  )
  // Unknown variables and filters show only when a template is rendered.
  const choices = createChoices(tags.tags.slice(0, 2), settings.reply_with)
  explained(() =>
    prompt.forChoices(choices, settings.max_tags).render({
      ...{ id: 'id', text: 'text', suggestedTags: () => choices.tags },
      examples: [{ text: 'text', tags: choices.tags.map(({ id }) => id), rejected: [] }],
    }),
  )
  explained(() => choices.tags.forEach(tag => void prompt.questions?.ofTag(tag)))
  return prompt
}

async function textOf(file: string, { optional = false } = {}): Promise<string> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (optional && error.code === 'ENOENT') return Buffer.of()
    throw new ConfigError([`${file}: cannot be read (${error.message})`])
  })
  return explained(() => decodeText(bytes, { what: file }))
}

function explained<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new ConfigError([(error as Error).message])
  }
}

/** One labelled text a line; most prompts have none. */
async function readExamples(file: string): Promise<{ line: string; example: PromptExample }[]> {
  const text = await textOf(file, { optional: true })
  return text.split('\n').flatMap((row, index) => {
    const line = `${file}:${index + 1}`
    if (row.trim() === '') return []
    const parsed = PromptExample.safeParse(parseJson(file, row, index + 1))
    if (parsed.success) return [{ line, example: parsed.data }]
    throw new ConfigError(faultsOf(parsed.error).map(({ pointer, message }) => `${line}: ${pointer} ${message}`))
  })
}

/** Reads a tag list from the text of a JSON file. */
function readTagListFile(file: string, text: string): TagList {
  const tags = check(file, text, z.array(Tag))
  const { list, faults } = readTagList(tags)
  if (list) return list
  throw new ConfigError(faults.map(({ pointer, message }) => `${file}:${lineOf(text, pointer)}: ${pointer} ${message}`))
}

function check<T>(file: string, text: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(file.endsWith('.json') ? parseJson(file, text) : parseYaml(file, text))
  if (result.success) return result.data
  throw new ConfigError(
    faultsOf(result.error).map(({ pointer, message }) => `${file}:${lineOf(text, pointer)}: ${pointer} ${message}`),
  )
}

function parseJson(file: string, text: string, line?: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const place = jsonFault(text) ?? 'it cannot be read'
    throw new ConfigError([`${file}:${line ?? /line (\d+)/.exec(place)?.[1] ?? 1}: is not valid JSON: ${place}`])
  }
}

function parseYaml(file: string, text: string): unknown {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  if (document.errors.length === 0) return document.toJS()
  throw new ConfigError(
    document.errors.map(({ pos, message }) => `${file}:${lineCounter.linePos(pos[0]).line}: ${message}`),
  )
}

/** The line on which the value at `path`, or the nearest thing around it, stands; the YAML parser reads JSON too. */
function lineOf(text: string, pointer: string): number {
  const path = pointer.split('/').slice(1)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  for (let depth = path.length; depth > 0; depth--) {
    const keys = path.slice(0, depth).map(key => (/^\d+$/.test(key) ? Number(key) : key))
    const node = document.getIn(keys, true) as { range?: [number, number, number] } | undefined
    if (node?.range) return lines.linePos(node.range[0]).line
  }
  return 1
}
