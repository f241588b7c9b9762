import { z } from 'zod'
import { foldName, type TagList } from '../core/tags/tag-list.ts'
import { readJson } from './json-candidates.ts'

export interface Enrichment {
  readonly description: string | undefined
  readonly aliases: readonly string[]
}

const Reply = z.looseObject({
  tags: z.array(
    z.looseObject({
      id: z.union([z.number(), z.string()]),
      description: z.string().nullish(),
      aliases: z.array(z.string()).nullish(),
    }),
  ),
})

const longestDescription = 100
const longestAlias = 60
const mostAliases = 8

/** What a model wrote about tags of a list, by the spelling of their ids; what is no tag, name or line of ours is left out. */
export function readEnrichment(text: string, list: TagList): ReadonlyMap<string, Enrichment> {
  const found = new Map<string, Enrichment>()
  const reply = readJson(text)
    .candidates.map(({ value }) => Reply.safeParse(value))
    .find(({ success }) => success)
  const names = new Set(list.tags.map(({ name }) => foldName(name)))
  for (const { id, description, aliases } of reply?.data?.tags ?? []) {
    if (!list.byId.has(String(id))) continue
    const others = (aliases ?? [])
      .map(alias => alias.trim())
      .filter(alias => isAlias(alias) && !names.has(foldName(alias)))
    for (const alias of others) names.add(foldName(alias))
    found.set(String(id), { description: line(description), aliases: others.slice(0, mostAliases) })
  }
  return found
}

const isAlias = (alias: string) => alias !== '' && alias.length <= longestAlias && !/\p{Cc}/u.test(alias)

function line(description: string | null | undefined): string | undefined {
  const text = description?.replace(/\s+/gu, ' ').trim() ?? ''
  return text === '' || text.length > longestDescription ? undefined : text
}
