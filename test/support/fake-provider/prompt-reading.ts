import { isObject } from './schema-reading.ts'

export interface PromptTag {
  readonly id: number | string
  readonly name: string
}

export interface Message {
  readonly role: string
  readonly text: string
}

const integer = /^-?\d{1,15}$/u

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map(part => (isObject(part) && typeof part.text === 'string' ? part.text : '')).join('')
}

export const readMessages = (messages: unknown): Message[] =>
  Array.isArray(messages)
    ? messages.filter(isObject).map(message => ({ role: String(message.role), text: textOf(message.content) }))
    : []

const tabLine = /^[ ]*(?:[-*] )?([^\t\n]{1,128})\t([^\t\n]{1,700})/gmu
const jsonEntry = /\{\s*"id"\s*:\s*(-?\d+|"(?:[^"\\]|\\.)*")\s*,\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")/gu

const nameList = /^Tag list, one tag a line:\n/mu

/** A list without ids: what stands for a tag is its name. */
const namesIn = (text: string): PromptTag[] =>
  (text.split(nameList)[1] ?? '')
    .split('\n')
    .map(line => line.split(/: | \(/u, 1)[0]!.trim())
    .filter(name => name !== '')
    .map(name => ({ id: name, name }))

function tagsIn(text: string): PromptTag[] {
  const fromJson = Array.from(text.matchAll(jsonEntry), ([, id, name]) => ({
    id: JSON.parse(id!) as number | string,
    name: String(JSON.parse(name!)).trim(),
  }))
  if (fromJson.length > 0) return fromJson
  const named = namesIn(text)
  if (named.length > 0) return named
  return Array.from(text.matchAll(tabLine), ([, id, rest]) => ({
    id: integer.test(id!.trim()) ? Number(id) : id!.trim(),
    name: rest!.split(/ - | — |: /u, 1)[0]!.trim(),
  }))
}

/** Reads the tag list out of a prompt as a model would; long fixed system messages are read once. */
export function createPromptReader(): (messages: readonly Message[]) => readonly PromptTag[] {
  const known = new Map<string, readonly PromptTag[]>()
  const systemTags = (text: string) => {
    const found = known.get(text)
    if (found) return found
    const tags = tagsIn(text)
    if (known.size >= 16) known.clear()
    known.set(text, tags)
    return tags
  }
  return messages => {
    const system = messages.find(message => message.role === 'system' || message.role === 'developer')
    const listed = system ? systemTags(system.text) : []
    if (listed.length > 0) return listed
    const user = messages.find(message => message.role === 'user')?.text ?? ''
    const start = user.search(/<document\b/u)
    const outside = start < 0 ? user : user.slice(0, start) + user.slice(user.lastIndexOf('</document>') + 1)
    return tagsIn(outside)
  }
}
