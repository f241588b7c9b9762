import type { ClassifyRequest, Coverage, DetailedAnswer } from '../../core/classification.ts'
import { AskError, ask, pathOfPrompt, request } from '../api.ts'

export interface ListedEndpoint {
  readonly name: string
  readonly model: string
  readonly reads: 'messages' | 'questions' | 'list'
}

export interface Rendering {
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly response_format: unknown
  readonly size: { readonly bytes: number; readonly estimated_tokens: number }
  readonly coverage: Coverage
}

/** What one column asks. */
export interface Question {
  readonly prompt: string
  /** The first one when empty. */
  readonly endpoint: string
  readonly maxTags: string
  readonly afresh: boolean
}

/** What came of it; what the model was shown, and what it wrote, is told also when it failed. */
export interface Asked {
  readonly body: ClassifyRequest
  readonly replies: readonly string[]
  readonly rendering: Rendering | undefined
  readonly answer: DetailedAnswer | undefined
  readonly error: unknown
  readonly time: { readonly total: number; readonly model: number | undefined }
}

export const bodyOf = (
  text: string,
  tags: ClassifyRequest['tags'],
  { prompt, maxTags }: Question,
): ClassifyRequest => ({
  text,
  ...(tags && { tags }),
  ...(prompt !== '' && { prompt }),
  ...(maxTags !== '' && { max_tags: Number(maxTags) }),
})

export async function askOnce(
  body: ClassifyRequest,
  {
    question: { afresh, endpoint },
    defaultPrompt,
    signal,
  }: { question: Question; defaultPrompt: string; signal: AbortSignal },
): Promise<Asked> {
  const { prompt = defaultPrompt, ...rendered } = body
  const rendering = ask<Rendering>(pathOfPrompt(prompt, '/render'), { body: rendered, signal }).catch(() => undefined)
  const began = performance.now()
  try {
    const answered = await request(classifyPath(endpoint, 'replies'), {
      body: { ...body, ...(afresh && { cache: false }) },
      signal,
    })
    const answer: DetailedAnswer = await answered.json()
    const model = /model;dur=([\d.]+)/.exec(answered.headers.get('server-timing') ?? '')?.[1]
    const time = { total: performance.now() - began, model: model === undefined ? undefined : Number(model) }
    return { body, rendering: await rendering, answer, replies: answer.details.replies ?? [], error: undefined, time }
  } catch (error) {
    return {
      body,
      rendering: await rendering,
      answer: undefined,
      replies: error instanceof AskError ? error.replies : [],
      error,
      time: { total: performance.now() - began, model: undefined },
    }
  }
}

const classifyPath = (endpoint: string, details: string) =>
  `/classify?details=${details}${endpoint === '' ? '' : `&endpoint=${encodeURIComponent(endpoint)}`}`

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

export const asCurl = (body: ClassifyRequest, { endpoint }: Question): string =>
  `curl -s ${quoted(location.origin + classifyPath(endpoint, 'true'))} -H 'content-type: application/json' -H "authorization: Bearer $TAGSMITH_API_KEY" -d ${quoted(JSON.stringify(body))}`

export function asCommand({ text, tags, prompt, max_tags }: ClassifyRequest, { endpoint }: Question): string {
  const options = [
    prompt && `--prompt ${quoted(prompt)}`,
    max_tags && `--max-tags ${max_tags}`,
    endpoint && `--endpoint ${quoted(endpoint)}`,
    tags && '--tags list.json',
    '--details',
  ]
  const list = tags ? `printf %s ${quoted(JSON.stringify(tags))} > list.json\n` : ''
  return `${list}printf %s ${quoted(text)} | npx tagsmith classify - ${options.filter(Boolean).join(' ')}`
}
