import type { Endpoint, Question } from '../core/model/endpoint.ts'
import { textOf } from '../core/model/engine.ts'
import { type Enrichment, readEnrichment } from '../core/model/read-reply.ts'
import { labelSchema, schemaOfTags } from '../core/model/reply-schema.ts'
import { createChoices } from '../core/tags/choices.ts'
import { type ListedTag, readTagList, type Tag, type TagList } from '../core/tags/tag-list.ts'

const tagsAtOnce = 20
const tokensForTag = 100

const rules = `You write the entries of a tag list that is used to tag documents, most often READMEs of software projects.

For each tag you are given, write:
- "description": when the tag fits, in one line of at most 90 characters
- "aliases": two to six other names of the same thing: abbreviations, spellings, well-known members of the kind

An alias belongs to one tag only. Reply with JSON and nothing else, for example:
{"tags":[{"id":1,"description":"Sending and receiving packets between machines","aliases":["network","tcp/ip","vpn"]}]}`

const item = {
  type: 'object',
  properties: { id: {}, description: { type: 'string' }, aliases: { type: 'array', items: { type: 'string' } } },
  required: ['id', 'description', 'aliases'],
  additionalProperties: false,
} as const

/** Asks the model once for what a bare list lacks. What its owner wrote stays. */
export async function enrichTags(
  endpoint: Endpoint,
  tags: readonly Tag[],
  options: { signal: AbortSignal; timeout: number },
): Promise<Tag[]> {
  const { list, faults } = readTagList(tags)
  if (!list) throw new RangeError(faults.map(({ pointer, message }) => `${pointer} ${message}`).join('\n'))
  const lacking = list.tags.filter(({ description, aliases }) => description === undefined || aliases.length === 0)
  const found = new Map<string, Enrichment>()
  for (let start = 0; start < lacking.length; start += tagsAtOnce) {
    const { reply } = await endpoint.ask(questionFor(lacking.slice(start, start + tagsAtOnce), list), {
      source: { caller: 'enrichment', text: String(start) },
      signal: options.signal,
      deadline: performance.now() + options.timeout,
      onAttempt: () => {},
    })
    for (const [id, enrichment] of readEnrichment(textOf(reply), list)) found.set(id, enrichment)
  }
  return tags.map(tag => {
    const { description, aliases = [] } = found.get(String(tag.id)) ?? {}
    const more = {
      description: tag.description ?? description,
      aliases: tag.aliases?.length ? tag.aliases : [...aliases],
    }
    return {
      id: tag.id,
      name: tag.name,
      ...(more.description && { description: more.description }),
      ...(more.aliases.length > 0 && { aliases: more.aliases }),
    }
  })
}

function questionFor(tags: readonly ListedTag[], tagList: TagList): Question {
  const choices = createChoices(tags, 'ids')
  const text = JSON.stringify(tags.map(({ id, name }) => ({ id, name })))
  return {
    model: undefined,
    messages: () => [
      { role: 'system', content: rules },
      { role: 'user', content: `The tags:\n${text}` },
    ],
    schema: schemaOfTags({ items: { ...item, properties: { ...item.properties, id: labelSchema(choices) } } }),
    temperature: 0,
    tokenCap: tokensForTag * tags.length,
    cacheKey: 'enrich',
    text: () => text,
    tagList,
    choices,
    maxTags: tags.length,
    logprobs: false,
  }
}
