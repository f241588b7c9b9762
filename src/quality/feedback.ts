import type { DocumentId } from '../core/classification.ts'
import type { JudgedText } from '../core/corrections.ts'
import type { Feedback, FeedbackRequest, Verdict } from '../core/feedback.ts'
import type { Prompt } from '../core/model/prompt.ts'
import type { Tasks } from '../core/model/task.ts'
import { type Fault, ServiceError } from '../core/outcome.ts'
import type { FeedbackOwner, FeedbackRow, FeedbackStore } from '../core/stores/feedback-store.ts'
import type { TagId, TagList } from '../core/tags/tag-list.ts'
import { openingOf } from '../documents/index.ts'
import { type Finding, findingOf, readVerdict } from './verdicts.ts'

export interface FeedbackOptions {
  readonly store: FeedbackStore
  readonly tasks: Pick<Tasks, 'read'>
  readonly prompts: ReadonlyMap<string, Prompt>
  /** Whether whole texts are kept beside their excerpt. */
  readonly keepTexts: boolean
}

/** Feedback and the text it is about, as far as that is kept. */
export interface Reviewed {
  readonly feedback: Feedback
  readonly excerpt: string
  readonly text: string | null
}

export interface FeedbackDesk {
  /** @throws ServiceError invalid_request, not_found, and what reading a text throws */
  give(request: FeedbackRequest, key: string): Promise<Feedback>
  list(owner: FeedbackOwner): AsyncIterable<Reviewed>
  /** @throws ServiceError not_found */
  remove(textHash: string, of: FeedbackOwner & { readonly by?: string | undefined }): Promise<void>
}

const pageSize = 500
const longestExcerpt = 600

/** Feedback on the prompt's own list follows the list as it changes; a list of a request is told by its version. */
export const scopeOf = ({ prompt, tagList }: Pick<JudgedText, 'prompt' | 'tagList'>): string =>
  tagList === prompt.tagList ? `prompt ${prompt.name}` : `list ${tagList.version}`

export function createFeedback({ store, tasks, prompts, keepTexts }: FeedbackOptions): FeedbackDesk {
  return {
    async give({ id, text, prompt, tags, by, ...said }, key) {
      const verdict: Verdict = { ...said, none: said.none ?? false }
      refuseEmpty(verdict)
      const earlier = text === undefined ? await earlierOf(id, key) : undefined
      const request = tasks.read({ text: text ?? 'Of earlier feedback.', prompt: prompt ?? earlier?.prompt, tags })
      refuseUnlisted(verdict, request.tagList)
      const document = earlier ?? {
        textHash: request.document.originalDigest,
        excerpt: excerptOf(request.document.text()),
        content: keepTexts ? text! : null,
      }
      const place = { key, scope: scopeOf(request), textHash: document.textHash, reviewer: by ?? '' }
      const row: FeedbackRow = {
        ...place,
        documentId: id === undefined ? null : JSON.stringify(id),
        prompt: request.prompt.name,
        tagList: request.tagList.version,
        verdict: JSON.stringify(verdict),
        excerpt: document.excerpt,
        content: document.content,
        changedAt: Date.now(),
      }
      await store.putFeedback(row)
      return reportOf(row, findingOf(await store.readFeedback(place), request.tagList))
    },
    async *list(owner) {
      for await (const rows of feedbackByText(store, owner)) {
        const [{ scope, prompt }] = rows
        const own = scope === `prompt ${prompt}` ? prompts.get(prompt)?.tagList : undefined
        // A list that came with a request is not kept, and is the same as long as its version is.
        const finding = findingOf(rows, own ?? listOfAll(rows))
        for (const row of rows) yield { feedback: reportOf(row, finding), excerpt: row.excerpt, text: row.content }
      }
    },
    async remove(textHash, { keys, by }) {
      const removed = await store.deleteFeedback({ keys, textHash, ...(by !== undefined && { reviewer: by }) })
      if (removed === 0) throw new ServiceError('not_found', 'There is no feedback on a text of this hash.')
    },
  }

  async function earlierOf(id: DocumentId | undefined, key: string): Promise<FeedbackRow> {
    if (id === undefined)
      throw faulty({ pointer: '/text', message: 'is missing; send the text, or the id of earlier feedback' })
    const found = await store.findFeedback(key, JSON.stringify(id))
    if (found) return found
    throw new ServiceError('not_found', 'No feedback of this key has this id yet: send the text with it.')
  }
}

type RowsOfText = [FeedbackRow, ...FeedbackRow[]]

/** All that was said of a text together, in the order of places. */
export async function* feedbackByText(
  store: Pick<FeedbackStore, 'listFeedback'>,
  { keys }: FeedbackOwner,
): AsyncGenerator<RowsOfText> {
  let group: RowsOfText | undefined
  let after: FeedbackRow | undefined
  for (;;) {
    const page = await store.listFeedback({ keys, limit: pageSize, ...(after && { after }) })
    for (const row of page) {
      if (group && isSameText(group[0], row)) group.push(row)
      else {
        if (group) yield group
        group = [row]
      }
    }
    after = page.at(-1)
    if (page.length < pageSize) break
  }
  if (group) yield group
}

const isSameText = (left: FeedbackRow, right: FeedbackRow) =>
  left.key === right.key && left.scope === right.scope && left.textHash === right.textHash

const listOfAll = (rows: readonly FeedbackRow[]): Pick<TagList, 'byId'> => {
  const ids = rows.map(readVerdict).flatMap(({ accepted, missing, rejected }) => [...accepted, ...missing, ...rejected])
  const tag = (id: TagId) => ({ id, name: String(id), writtenName: String(id), description: undefined, aliases: [] })
  return { byId: new Map(ids.map(id => [String(id), tag(id)])) }
}

function reportOf(row: FeedbackRow, { answer, contradicted, asleep }: Finding): Feedback {
  const { reviewer } = row
  return {
    text_hash: row.textHash,
    id: row.documentId === null ? null : (JSON.parse(row.documentId) as DocumentId),
    prompt: row.prompt,
    tag_list: row.tagList,
    ...readVerdict(row),
    by: reviewer === '' ? null : reviewer,
    key: row.key,
    at: new Date(row.changedAt).toISOString(),
    state: contradicted.has(reviewer) ? 'contradicted' : asleep.has(reviewer) ? 'asleep' : 'used',
    answer: answer ? [...answer] : null,
  }
}

const excerptOf = (text: string): string => openingOf(text).slice(0, longestExcerpt)

const faulty = (...faults: Fault[]) => new ServiceError('invalid_request', 'The feedback is not valid.', { faults })

function refuseEmpty({ accepted, rejected, missing, none }: Verdict): void {
  const right = [...accepted, ...missing]
  if (none && right.length > 0) throw faulty({ pointer: '/none', message: 'stands beside tags that fit' })
  if (!none && right.length + rejected.length === 0)
    throw faulty({ pointer: '', message: 'says nothing: give accepted, rejected, missing or none' })
  const both = rejected.findIndex(id => right.some(other => String(other) === String(id)))
  if (both >= 0) throw faulty({ pointer: `/rejected/${both}`, message: 'is accepted or missing as well' })
}

function refuseUnlisted(verdict: Verdict, { byId }: TagList): void {
  const faults = (['accepted', 'rejected', 'missing'] as const).flatMap(field =>
    verdict[field].flatMap((id, place) =>
      byId.has(String(id)) ? [] : [{ pointer: `/${field}/${place}`, message: 'is not the id of a tag of the list' }],
    ),
  )
  if (faults.length > 0) throw faulty(...faults)
}
