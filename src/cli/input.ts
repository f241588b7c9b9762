import { open, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { notJson } from '../core/json-fault.ts'
import { ServiceError } from '../core/outcome.ts'
import type { Tag, TagList } from '../core/tags/tag-list.ts'
import type { GoldDocument } from '../quality/index.ts'
import type { Terminal } from './terminal.ts'

/** The whole of a file, or of stdin where it is called `-`. @throws ServiceError, or the error of the system */
export async function readText(file: string, { stdin }: Terminal, charset?: string): Promise<string> {
  const bytes = await (file === '-' ? buffer(stdin) : readFile(file).catch(error => explain(file, error)))
  const { decodeText } = await import('../core/bytes/decode.ts')
  return decodeText(bytes, { what: file === '-' ? 'The text' : file, charset })
}

/** @throws ServiceError that says where the file stops to be JSON */
export async function readJson(file: string, terminal: Terminal): Promise<unknown> {
  const content = await readText(file, terminal)
  try {
    return JSON.parse(content)
  } catch {
    throw new ServiceError('invalid_request', notJson(file, content))
  }
}

/** @throws ServiceError that names every fault of a list that is none */
export async function readTags(file: string, terminal: Terminal): Promise<{ tags: Tag[]; list: TagList }> {
  const value = await readJson(file, terminal)
  const [{ z }, { Tag, readTagList }, { faultsOf }] = await Promise.all([
    import('zod'),
    import('../core/tags/tag-list.ts'),
    import('../core/faults.ts'),
  ])
  const parsed = z.array(Tag).safeParse(value)
  const { list, faults } = parsed.success
    ? readTagList(parsed.data)
    : { list: undefined, faults: faultsOf(parsed.error) }
  if (!list)
    throw new ServiceError('invalid_request', `${file} is not a tag list, such as [{"id":1,"name":"cli"}].`, { faults })
  return { tags: parsed.data!, list }
}

/** Labelled documents; the text of one may stand in a file beside theirs. @throws ServiceError with every line that is wrong */
export async function readGoldFile(file: string, terminal: Terminal): Promise<GoldDocument[]> {
  const { readGold } = await import('../quality/index.ts')
  return readGold(await readText(file, terminal), path => readFile(resolve(dirname(file), path), 'utf8'))
}

/** As it comes; what can only be seen by reading a little of it is seen here. */
export async function openInput(file: string, { stdin }: Terminal): Promise<Readable> {
  if (file === '-') return stdin
  const handle = await open(file)
  const stats = await handle.stat()
  if (stats.isDirectory()) {
    await handle.close()
    explain(file, { code: 'EISDIR' })
  }
  return handle.createReadStream()
}

function explain(file: string, error: { readonly code?: string }): never {
  if (error.code !== 'EISDIR') throw error
  throw new ServiceError('invalid_request', `${file} is a folder; name a file, or - for stdin.`)
}
