import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import pg from 'pg'

/** Texts by their numbers. */
export type Catalogue = ReadonlyMap<number, string>

/** The same texts, in one of the ways in which people keep them. */
export interface CatalogueSource {
  readonly name: string
  /** What of `tagsmith tag` says where the texts come from and where the answers go. */
  readonly args: readonly string[]
  readonly state: string
  write(catalogue: Catalogue): Promise<void>
  /** Some of them have another text now. */
  change(catalogue: Catalogue, numbers: readonly number[]): Promise<void>
  close(): Promise<void>
}

const subjects = ['packets', 'photos', 'recipes', 'invoices', 'maps', 'letters', 'sounds', 'tables', 'stars', 'plants']
const verbs = ['sorts', 'draws', 'indexes', 'compares', 'streams', 'prints', 'filters', 'converts']

/** A README of a project that nobody wrote. Every fiftieth is about the weather. */
export function textOf(number: number, edition = 1): string {
  const subject = number % 50 === 7 ? 'weather forecasts' : subjects[number % subjects.length]!
  const verb = verbs[Math.floor(number / 10) % verbs.length]!
  const line = `It ${verb} ${subject} on the command line; "quoted", and with a ; in between.`
  return `# Project ${number}\n\n${line}\n\nEdition ${edition}.\n\n${`${line} `.repeat(8)}\n`
}

export const catalogueOf = (count: number): Map<number, string> =>
  new Map(Array.from({ length: count }, (_, number) => [number, textOf(number)]))

/** One README in a folder for each, in a hundred folders. */
export function folderSource(folder: string): CatalogueSource {
  const state = join(folder, 'tags.csv.state')
  const write = async (catalogue: Catalogue, numbers: Iterable<number>) => {
    for (const number of numbers) {
      const file = join(folder, 'projects', String(number % 100), String(number), 'README.md')
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, catalogue.get(number)!)
    }
  }
  return {
    name: 'files in a folder tree',
    args: [join(folder, 'projects'), '--id-pattern', '([0-9]+)/README', '--to', join(folder, 'tags.csv')],
    state,
    write: catalogue => write(catalogue, catalogue.keys()),
    change: write,
    close: async () => undefined,
  }
}

/** As a German Excel saves it: a byte order mark, semicolons, Windows line ends, quotes and line breaks in cells. */
export function tableSource(folder: string): CatalogueSource {
  const file = join(folder, 'projects.csv')
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`
  const write = async (catalogue: Catalogue) => {
    const rows = [...catalogue].map(([number, text]) => `${number};${cell(`project ${number}`)};${cell(text)}\r\n`)
    writeFileSync(file, `\ufeffid;name;readme\r\n${rows.join('')}`)
  }
  return {
    name: 'one CSV as Excel writes it',
    args: [file, '--text', 'name,readme', '--to', join(folder, 'tags.csv')],
    state: join(folder, 'tags.csv.state'),
    write,
    change: write,
    close: async () => undefined,
  }
}

/** A table whose answers go back into it. */
export async function postgresSource(folder: string, url: string): Promise<CatalogueSource> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('drop table if exists project')
  await client.query('create table project (id bigint primary key, readme text not null, tags jsonb)')
  const write = async (catalogue: Catalogue, numbers: readonly number[]) => {
    await client.query(
      `insert into project (id, readme) select * from unnest($1::bigint[], $2::text[])
       on conflict (id) do update set readme = excluded.readme`,
      [numbers, numbers.map(number => catalogue.get(number))],
    )
  }
  const state = join(folder, 'project.state')
  return {
    name: 'one PostgreSQL table',
    args: [
      ...['--from', url, '--query', 'select id, readme as text from project order by id', '--state', state],
      ...['--into', 'update project set tags = $tags where id = $id'],
    ],
    state,
    write: catalogue => write(catalogue, [...catalogue.keys()]),
    change: write,
    close: () => client.end(),
  }
}
