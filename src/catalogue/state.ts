import { hash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import type { DocumentId } from '../core/classification.ts'
import { ServiceError } from '../core/outcome.ts'
import type { Tag } from '../core/tags/tag-list.ts'

/** Gives the tags of an answer under the list as it is now, when it outlives the change from the list it was given under. */
export type CarryOver = (list: string, tags: Answered['tags'], text: string) => Answered['tags'] | undefined

/** What an answer depends on beside the text. Another value of any of them asks again. */
export interface Recipe {
  readonly list: string
  readonly prompt: string
  /** Who is asked, and the most tags of an answer. */
  readonly engine: string
  /** Whether an answer of the embedded ranker in place of the engine holds too. */
  readonly isCheap?: boolean
  /** What becomes of an answer under another list; without it all of those are asked again. */
  readonly carryOver?: CarryOver
}

/** Why a text is asked about; undefined when it has an answer that still holds. */
export type Reason = 'new' | 'text' | 'list' | 'prompt' | 'engine' | 'failed before'

export interface Answered {
  readonly tags: readonly { readonly id: number | string; readonly name: string }[]
  /** In US dollars; null when it is not known. */
  readonly cost: number | null
  /** Whether the embedded ranker gave it, in place of the engine. */
  readonly isCheap?: boolean
}

export interface Failed {
  readonly code: string
  readonly detail: string
}

/** An item of this run, in the order of its source. */
export interface RunItem {
  readonly id: DocumentId
  readonly place: string
  readonly tags?: Answered['tags']
  readonly failure?: Failed
}

const tables = `
create table if not exists answer (
  id text primary key, text_hash text not null, list text not null, prompt text not null, engine text not null,
  tags text, cost real
) strict;
create table if not exists item (seq integer primary key, id text not null unique, place text not null, code text, detail text) strict;
create table if not exists list (version text primary key, tags text not null) strict;
create table if not exists duplicate (seq integer primary key, id text not null, place text not null) strict;`

const cheapOf = ({ engine }: Recipe): string => `${engine} cheap`

export const hashOf = (text: string): string => hash('sha256', text).slice(0, 32)

/**
 * What is known of a catalogue from one run to the next, in one SQLite file. An answer is in it before the next text is
 * asked about, so that a killed run is paid for once.
 * @throws ServiceError when the file cannot be opened, or another run has it open
 */
export function openState(file: string) {
  const database = opened(file)
  const readAnswer = database.prepare('select * from answer where id = ?')
  const writeAnswer = database.prepare('insert or replace into answer values (?, ?, ?, ?, ?, ?, ?)')
  const addItem = database.prepare('insert or ignore into item (seq, id, place) values (?, ?, ?)')
  const addDuplicate = database.prepare('insert into duplicate values (?, ?, ?)')
  const setFailure = database.prepare('update item set code = ?, detail = ? where seq = ?')
  const readItems = database.prepare(
    `select item.id as id, place, code, detail, tags from item left join answer using (id)
     where seq > ? and seq <= ? order by seq`,
  )
  const readList = database.prepare('select tags from list where version = ?')
  const writeList = database.prepare('insert or ignore into list values (?, ?)')
  const carry = database.prepare('update answer set list = ?, tags = ? where id = ?')
  const readDuplicates = database.prepare('select id, place from duplicate order by seq')
  let items = 0

  return {
    /** A new run: what the last one said of its items goes, the answers stay. */
    begin(): void {
      database.exec('delete from item; delete from duplicate')
      items = 0
    },
    /** Its number, or undefined for an id that another item of this run has. */
    add(id: DocumentId, place: string): number | undefined {
      items += 1
      const key = JSON.stringify(id)
      if (addItem.run(items, key, place).changes === 1) return items
      addDuplicate.run(items, key, place)
      return undefined
    },
    keepList: (version: string, tags: readonly Tag[]) => void writeList.run(version, JSON.stringify(tags)),
    readList: (version: string): Tag[] | undefined => {
      const row = readList.get(version)
      return row && JSON.parse(row.tags as string)
    },
    reasonToAsk(id: DocumentId, text: string, recipe: Recipe): Reason | undefined {
      const textHash = hashOf(text)
      const answer = readAnswer.get(JSON.stringify(id))
      if (answer === undefined) return 'new'
      if (answer.text_hash !== textHash) return 'text'
      if (answer.tags === null) return 'failed before'
      const holds = {
        ...recipe,
        ...(recipe.isCheap && answer.engine === cheapOf(recipe) && { engine: cheapOf(recipe) }),
      }
      const changed = (['list', 'prompt', 'engine'] as const).filter(name => answer[name] !== holds[name])
      if (changed.length !== 1 || changed[0] !== 'list') return changed[0]
      const carried = recipe.carryOver?.(answer.list as string, JSON.parse(answer.tags as string), text)
      if (carried === undefined) return 'list'
      carry.run(recipe.list, JSON.stringify(carried), JSON.stringify(id))
      return undefined
    },
    answered(id: DocumentId, textHash: string, recipe: Recipe, { tags, cost, isCheap }: Answered): void {
      const { list, prompt } = recipe
      const engine = isCheap ? cheapOf(recipe) : recipe.engine
      writeAnswer.run(JSON.stringify(id), textHash, list, prompt, engine, JSON.stringify(tags), cost)
    },
    failed(seq: number, { code, detail }: Failed): void {
      setFailure.run(code, detail, seq)
    },
    /** The text was asked about in vain, so that the next run says so. */
    askedInVain(id: DocumentId, textHash: string, { list, prompt, engine }: Recipe): void {
      writeAnswer.run(JSON.stringify(id), textHash, list, prompt, engine, null, null)
    },
    /** All items of this run, a page at a time. */
    *items(): Generator<RunItem> {
      for (let from = 0; from < items; from += itemsOfPage) {
        for (const { id, place, code, detail, tags } of readItems.all(from, from + itemsOfPage)) {
          const item = { id: JSON.parse(id as string), place: place as string }
          if (code !== null) yield { ...item, failure: { code: code as string, detail: detail as string } }
          else yield { ...item, tags: JSON.parse(tags as string) }
        }
      }
      for (const { id, place } of readDuplicates.all()) {
        const detail = `${place} has the id of an item before it.`
        yield { id: JSON.parse(id as string), place: place as string, failure: { code: 'conflict', detail } }
      }
    },
    close: () => database.close(),
  }
}

export type CatalogueState = ReturnType<typeof openState>

const itemsOfPage = 1_000

function opened(file: string): DatabaseSync {
  try {
    const database = new DatabaseSync(file)
    database.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = normal')
    database.exec(tables)
    return database
  } catch (error) {
    const { errcode, message } = error as { errcode?: number; message: string }
    const isLocked = ((errcode ?? 0) & 0xff) === 5
    throw new ServiceError(
      'conflict',
      isLocked ? `Another run has ${file} open; wait for it, or name another --state.` : `--state ${file}: ${message}.`,
    )
  }
}
