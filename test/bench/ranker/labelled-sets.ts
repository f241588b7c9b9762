import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { foldName, Tag, TagId } from '../../../src/core/tags/tag-list.ts'

const LabelledText = z.object({
  text: z.string(),
  /** The tags that fit best; none when none fits. */
  tags: z.array(TagId),
  /** Tags that would be no mistake. */
  acceptable: z.array(TagId).default([]),
})
export type LabelledText = z.infer<typeof LabelledText>

/** A tag of ours, or one with a title that people read and a leaf of its path. */
const ForeignTag = Tag.loose().extend({ title: z.string().optional(), leaf: z.string().optional() })

export interface LabelledSet {
  readonly name: string
  readonly texts: readonly LabelledText[]
  readonly tags: readonly Tag[]
}

const shippedList = 'prompts/assign-tags/tags.json'

/** Names a foreign tag by its title where that is free; the last step of its path is an alias. */
function readTags(file: string): Tag[] {
  const names = new Set<string>()
  const foreign = z.array(z.preprocess(withoutEmpty, ForeignTag)).parse(JSON.parse(readFileSync(file, 'utf8')))
  return foreign.map(({ id, name, aliases = [], description, title, leaf }) => {
    const free = title !== undefined && !names.has(foldName(title)) ? title : name
    names.add(foldName(free))
    const others = leaf === undefined ? aliases : [...aliases, leaf]
    return { id, name: free, ...(description && { description: description.slice(0, 500) }), aliases: others }
  })
}

const withoutEmpty = (row: unknown): unknown =>
  Object.fromEntries(
    Object.entries(row as object)
      .filter(([, value]) => value !== '')
      .map(([key, value]) => [key, key === 'description' ? String(value).slice(0, 500) : value]),
  )

/** The list of `birds-dev.jsonl` is `birds-dev.tags.json` or `birds-tags.json` beside it, or else the list that ships. */
function listOf(file: string): string {
  const name = basename(file, '.jsonl')
  const own = [`${name}.tags.json`, `${name.split('-', 1)[0]}-tags.json`].map(list => join(dirname(file), list))
  return own.find(existsSync) ?? shippedList
}

const readSet = (file: string): LabelledSet => ({
  name: basename(file, '.jsonl'),
  texts: readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => LabelledText.parse(JSON.parse(line))),
  tags: readTags(listOf(file)),
})

/** Reads the labelled sets in files and folders. */
export const readSets = (paths: readonly string[]): LabelledSet[] =>
  paths
    .flatMap(path =>
      statSync(path).isDirectory()
        ? readdirSync(path)
            .sort()
            .filter(name => name.endsWith('.jsonl'))
            .map(name => join(path, name))
        : [path],
    )
    .map(readSet)
