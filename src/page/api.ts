import type { Problem } from '../core/problem.ts'
import type { Tag } from '../core/tags/tag-list.ts'

const storedKey = 'tagsmith.key'

/** The key of the person at the page. It stays in this tab, and goes nowhere but into `Authorization`. */
export const readKey = (): string => sessionStorage.getItem(storedKey) ?? ''
export function keepKey(key: string): void {
  if (key === '') sessionStorage.removeItem(storedKey)
  else sessionStorage.setItem(storedKey, key)
}

/** What went wrong with a request, in words for people. */
export class AskError extends Error {
  readonly code: string
  readonly status: number
  readonly errors: readonly { pointer: string; detail: string }[]
  /** What the model wrote, where that was asked for. */
  readonly replies: readonly string[]
  constructor(
    message: string,
    {
      code,
      status,
      errors = [],
      replies = [],
    }: Pick<Partial<Problem>, 'errors' | 'replies'> & Pick<AskError, 'code' | 'status'>,
  ) {
    super(message)
    this.name = 'AskError'
    this.code = code
    this.status = status
    this.errors = errors
    this.replies = replies
  }
}

export interface AskOptions {
  readonly method?: string
  readonly body?: BodyInit | object
  readonly type?: string
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal | undefined
  /** Whether it is sent also when the page is being left. */
  readonly keepalive?: boolean
}

/** @throws AskError, also when the service cannot be reached */
export async function request(
  path: string,
  { method, body, type, headers, signal, keepalive = false }: AskOptions = {},
): Promise<Response> {
  const key = readKey()
  const isRaw = typeof body === 'string' || body instanceof Blob
  const init: RequestInit = {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key !== '' && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': type ?? 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
    ...(signal && { signal }),
    keepalive,
  }
  const answer = await fetch(path, init).catch(error => {
    if (signal?.aborted) throw error
    throw new AskError('The service cannot be reached. Is it running?', { code: 'unreachable', status: 0 })
  })
  if (answer.ok) return answer
  const problem: Partial<Problem> = await answer.json().catch(() => ({}))
  throw new AskError(problem.detail ?? `The service answered with status ${answer.status}.`, {
    code: problem.code ?? 'unexpected_answer',
    status: answer.status,
    errors: problem.errors,
    replies: problem.replies,
  })
}

export const ask = async <T>(path: string, options?: AskOptions): Promise<T> =>
  (await (await request(path, options)).json()) as T

/** Lines of NDJSON as they come. */
export async function* readLines<T>(path: string, signal?: AbortSignal): AsyncGenerator<T> {
  const { body } = await request(path, { signal })
  let rest = ''
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value = '' } = await reader.read()
    const lines = (rest + value).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield JSON.parse(line)
    if (done) return
  }
}

export const pathOfBatch = (id: string, rest = ''): string => `/batches/${encodeURIComponent(id)}${rest}`
export const pathOfPrompt = (name: string, rest: string): string => `/prompts/${encodeURIComponent(name)}${rest}`

export interface ListedPrompt {
  readonly name: string
  readonly is_default: boolean
  readonly tag_list: { readonly version: string }
}

export const readPrompts = async (signal: AbortSignal): Promise<readonly ListedPrompt[]> =>
  (await ask<{ data: ListedPrompt[] }>('/prompts', { signal })).data

/** The list of a batch or a prompt. */
export const readTagList = (path: string, signal: AbortSignal) =>
  ask<{ readonly version: string; readonly tags: readonly Tag[] }>(path, { signal })

interface Page {
  readonly data: readonly { readonly index: number }[]
  readonly has_more: boolean
}

/** A list of items page after page, each from behind the last index of the one before. */
export async function* pagesOf<Some extends Page>(
  path: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): AsyncGenerator<Some> {
  for (let after = {}; ; ) {
    const page = await ask<Some>(`${path}?${new URLSearchParams({ limit: '200', ...query, ...after })}`, { signal })
    yield page
    const last = page.data.at(-1)
    if (!page.has_more || last === undefined) return
    after = { after: String(last.index) }
  }
}
