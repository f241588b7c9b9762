import { once } from 'node:events'
import type { Answer, Client, DetailedAnswer, FailedItem } from '../../client/index.ts'
import { exitCodes, type Terminal } from '../terminal.ts'

export interface ResultFlags {
  readonly details?: boolean
  readonly failed?: boolean
  readonly outcome?: string
  readonly follow?: boolean
  readonly form?: 'ndjson' | 'csv' | 'tsv'
}

type Results = Client['batches']['results']

/** Writes what has ended so far to stdout, in the order of the upload. */
export async function writeResults(
  results: Results,
  id: string,
  { details = false, failed = false, outcome, follow = false, form = 'ndjson' }: ResultFlags,
  { stdout }: Terminal,
): Promise<number> {
  const options = { follow, outcome, ...(failed && { status: 'failed' as const }) }
  const asked = (told: boolean) => (told ? results(id, { ...options, details: true }) : results(id, options))
  const write = async (text: string) => {
    if (!stdout.write(text)) await once(stdout, 'drain')
  }
  if (form === 'ndjson') {
    for await (const result of asked(details)) await write(`${JSON.stringify(result)}\n`)
    return exitCodes.ok
  }
  const { stringify } = await import('csv-stringify/sync')
  const row = (...cells: unknown[]) => stringify([cells], { delimiter: form === 'csv' ? ',' : '\t' })
  await write(row('id', 'tag_ids', 'tag_names', 'error'))
  // The names are in the details.
  for await (const result of asked(true)) await write(row(...cellsOf(result)))
  return exitCodes.ok
}

function cellsOf(result: Answer | DetailedAnswer | FailedItem): unknown[] {
  if ('error' in result) return [result.id, '', '', `${result.error.code}: ${result.error.detail}`]
  const names = 'details' in result ? result.details.tags.map(({ name }) => name) : []
  return [result.id, result.tags.join(';'), names.join(';'), '']
}
