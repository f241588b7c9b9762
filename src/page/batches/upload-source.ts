import { readTable, separatorOf } from './csv.ts'

/** What was dropped: lines that go as they are, or rows and files that become lines here. */
export type Source =
  | { readonly kind: 'lines'; readonly name: string; readonly body: Blob }
  | {
      readonly kind: 'table'
      readonly name: string
      readonly columns: readonly string[]
      readonly rows: readonly (readonly string[])[]
    }
  | { readonly kind: 'files'; readonly name: string; readonly files: readonly File[] }

export interface Mapping {
  readonly id: number
  readonly text: number
}

export async function readSource(files: readonly File[]): Promise<Source> {
  const [first] = files
  if (files.length !== 1 || first === undefined) return { kind: 'files', name: `${files.length} files`, files }
  if (/\.(ndjson|jsonl|json)$/i.test(first.name)) return { kind: 'lines', name: first.name, body: first }
  if (!/\.(csv|tsv)$/i.test(first.name)) return { kind: 'files', name: first.name, files }
  const text = await first.text()
  const [columns = [], ...rows] = readTable(text, first.name.toLowerCase().endsWith('.tsv') ? '\t' : separatorOf(text))
  return { kind: 'table', name: first.name, columns, rows }
}

/** The columns that most likely hold the id and the text: by their name, else the one with the longest fields. */
export function guessColumns({ columns, rows }: Extract<Source, { kind: 'table' }>): Mapping {
  const named = (...names: readonly string[]) =>
    columns.findIndex(column => names.includes(column.trim().toLowerCase()))
  const lengths = columns.map((_, index) => rows.slice(0, 50).reduce((sum, row) => sum + (row[index]?.length ?? 0), 0))
  const text = named('text', 'readme', 'content', 'body', 'description')
  return {
    id: named('id', 'custom_id', 'key', 'name'),
    text: text === -1 ? lengths.indexOf(Math.max(...lengths)) : text,
  }
}

const someLines = 500

/** The body of the upload. */
export async function bodyOf(source: Source, { id, text }: Mapping): Promise<Blob> {
  if (source.kind === 'lines') return source.body
  // What is called by its file is found again in the list of batches.
  const parts = [`${JSON.stringify({ batch: { metadata: { name: source.name.slice(0, 500) } } })}\n`]
  const add = (item: object) => parts.push(`${JSON.stringify(item)}\n`)
  if (source.kind === 'table')
    for (const row of source.rows) add({ ...(id >= 0 && { id: row[id] ?? '' }), text: row[text] ?? '' })
  else for (const file of source.files) add({ id: file.webkitRelativePath || file.name, text: await file.text() })
  const pages = Array.from({ length: Math.ceil(parts.length / someLines) }, (_, page) =>
    parts.slice(page * someLines, (page + 1) * someLines).join(''),
  )
  return new Blob(pages, { type: 'application/x-ndjson' })
}

/** What was dropped, folders opened. */
export async function droppedFiles(data: DataTransfer): Promise<File[]> {
  const entries = [...data.items].map(item => item.webkitGetAsEntry()).filter(entry => entry !== null)
  const files: File[] = []
  const walk = async (entry: FileSystemEntry): Promise<void> => {
    if (entry.isFile) {
      files.push(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)))
      return
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader()
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
      if (some.length === 0) return
      for (const each of some) await walk(each)
    }
  }
  for (const entry of entries) await walk(entry)
  return files.filter(file => !file.name.startsWith('.'))
}
