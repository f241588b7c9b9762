import { create, insertMultiple, search } from '@orama/orama'
import MiniSearch from 'minisearch'
import type { Tag, TagId } from '../../../src/core/tags/tag-list.ts'
import { readText } from '../../../src/documents/passages.ts'

/** Ranks the tags of a list for a text: an engine whose documents are the tags, asked with words of the text. */
export interface Engine {
  readonly name: string
  rank(query: string, count: number): Promise<TagId[]>
}

const boost = { name: 3, aliases: 2, description: 1 }

const documents = (tags: readonly Tag[]) =>
  tags.map(({ name, aliases = [], description = '' }, id) => ({
    id: String(id),
    name,
    aliases: aliases.join(' '),
    description,
  }))

export function createMiniSearch(tags: readonly Tag[]): Engine {
  const engine = new MiniSearch({ fields: ['name', 'aliases', 'description'] })
  engine.addAll(documents(tags))
  return {
    name: 'MiniSearch',
    rank: async (query, count) =>
      engine
        .search(query, { boost, combineWith: 'OR' })
        .slice(0, count)
        .map(({ id }) => tags[Number(id)]!.id),
  }
}

export async function createOrama(tags: readonly Tag[]): Promise<Engine> {
  const engine = create({ schema: { name: 'string', aliases: 'string', description: 'string' } as const })
  await insertMultiple(engine, documents(tags))
  return {
    name: 'Orama',
    async rank(query, count) {
      const { hits } = await search(engine, { term: query, boost, threshold: 1, limit: count })
      return hits.map(({ id }) => tags[Number(id)]!.id)
    },
  }
}

/** The two questions to ask such an engine; the better one is what it is credited with. */
export const queries: Readonly<Record<string, (text: string) => string>> = {
  'title and lead': text =>
    readText(text)
      .passages.filter(({ part }) => part === 'title' || part === 'first' || part === 'lead')
      .map(passage => passage.text)
      .join(' '),
  'whole text': text => text.slice(0, 20_000),
}
