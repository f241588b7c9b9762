import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { stringify } from 'csv-stringify/sync'
import type { RunItem } from './state.ts'

export type OutputForm = 'ndjson' | 'json' | 'csv' | 'tsv'

/** How a file is written, by its name; NDJSON for any other. */
export const formOf = (file: string): OutputForm =>
  (['json', 'csv', 'tsv'] as const).find(form => extname(file).toLowerCase() === `.${form}`) ?? 'ndjson'

export interface OutputOptions {
  readonly form: OutputForm
  /** One row of a table for each tag, and not for each item. */
  readonly rowPerTag: boolean
}

type AnsweredItem = RunItem & { readonly tags: NonNullable<RunItem['tags']> }
const isAnswered = (item: RunItem): item is AnsweredItem => item.tags !== undefined

/** The answers, in the order of the source. */
export function* answerLines(items: Iterable<RunItem>, { form, rowPerTag }: OutputOptions): Generator<string> {
  if (form === 'ndjson' || form === 'json') {
    let isFirst = true
    if (form === 'json') yield '['
    for (const { id, tags } of Iterator.from(items).filter(isAnswered)) {
      const answer = JSON.stringify({ id, tags: tags.map(tag => tag.id) })
      yield form === 'ndjson' ? `${answer}\n` : `${isFirst ? '\n' : ',\n'}${answer}`
      isFirst = false
    }
    if (form === 'json') yield '\n]\n'
    return
  }
  const row = (...cells: unknown[]) => stringify([cells], { delimiter: form === 'csv' ? ',' : '\t' })
  yield rowPerTag ? row('id', 'tag_id', 'tag_name') : row('id', 'tag_ids', 'tag_names')
  for (const { id, tags } of Iterator.from(items).filter(isAnswered)) {
    if (rowPerTag) yield tags.map(tag => row(id, tag.id, tag.name)).join('')
    else yield row(id, tags.map(tag => tag.id).join(';'), tags.map(tag => tag.name).join(';'))
  }
}

/** What failed, as NDJSON. */
export function* failureLines(items: Iterable<RunItem>): Generator<string> {
  for (const { id, place, failure } of items)
    if (failure) yield `${JSON.stringify({ id, place, code: failure.code, detail: failure.detail })}\n`
}

/** Writes a file that is either as it was or all there. Gives back how many pieces it was written in. */
export async function writeWhole(file: string, pieces: Iterable<string>): Promise<number> {
  const temporary = `${file}.part`
  const stream = createWriteStream(temporary)
  try {
    const count = await writePieces(stream, pieces)
    stream.end()
    await finished(stream)
    await rename(temporary, file)
    return count
  } catch (error) {
    stream.destroy()
    await rm(temporary, { force: true })
    throw error
  }
}

export async function writePieces(stream: Writable, pieces: Iterable<string>): Promise<number> {
  let count = 0
  for (const piece of pieces) {
    count += 1
    if (!stream.write(piece)) await once(stream, 'drain')
  }
  return count
}
