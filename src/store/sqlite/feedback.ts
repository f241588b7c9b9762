import type { FeedbackRow, FeedbackStore } from '../../core/stores/feedback-store.ts'
import type { Database } from './database.ts'

const columns = `key, scope, text_hash as textHash, reviewer, document_id as documentId, prompt, tag_list as tagList,
  verdict, excerpt, content, changed_at as changedAt`

export function createFeedbackRows({ connection, write }: Database): FeedbackStore {
  const put = connection.prepare(`insert or replace into feedback (key, scope, text_hash, reviewer, document_id, prompt,
    tag_list, verdict, excerpt, content, changed_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const read = connection.prepare(
    `select ${columns} from feedback where key = ? and scope = ? and text_hash = ? order by reviewer`,
  )
  const find = connection.prepare(
    `select ${columns} from feedback where key = ? and document_id = ? order by changed_at desc limit 1`,
  )
  const isOf = '(? is null or key in (select value from json_each(?)))'
  const list = connection.prepare(`select ${columns} from feedback where ${isOf}
    and (key, scope, text_hash, reviewer) > (?, ?, ?, ?) order by key, scope, text_hash, reviewer limit ?`)
  // No other process writes to the file, so that counting changes tells them all.
  const changes = new Map<string, number>()
  const placeOf = ({ key, scope }: { readonly key: string; readonly scope: string }) => JSON.stringify([key, scope])
  /** Until somebody says something, no request is looked up. */
  let isEmpty = connection.prepare('select 1 from feedback limit 1').get() === undefined
  const changed = (of: string) => {
    isEmpty = false
    changes.set(of, (changes.get(of) ?? 0) + 1)
  }
  const remove = connection.prepare(
    `delete from feedback where ${isOf} and text_hash = ? and (? is null or reviewer = ?) returning key, scope`,
  )
  const keyList = (keys: readonly string[] | undefined) => (keys ? JSON.stringify(keys) : null)
  const rows = (found: unknown) => found as FeedbackRow[]

  return {
    putFeedback: async row =>
      write(() => {
        put.run(
          ...[row.key, row.scope, row.textHash, row.reviewer, row.documentId, row.prompt, row.tagList],
          ...[row.verdict, row.excerpt, row.content, row.changedAt],
        )
        changed(placeOf(row))
      }),
    readFeedback: ({ key, scope, textHash }) => (isEmpty ? [] : rows(read.all(key, scope, textHash))),
    findFeedback: (key, documentId) => find.get(key, documentId) as FeedbackRow | undefined,
    listFeedback: async ({ keys, after, limit }) => {
      const { key = '', scope = '', textHash = '', reviewer = '' } = after ?? {}
      return rows(list.all(keyList(keys), keyList(keys), key, scope, textHash, reviewer, limit))
    },
    feedbackVersion: of => String(changes.get(placeOf(of)) ?? 0),
    deleteFeedback: async ({ keys, textHash, reviewer }) =>
      write(() => {
        const who = reviewer ?? null
        const gone = remove.all(keyList(keys), keyList(keys), textHash, who, who) as { key: string; scope: string }[]
        for (const row of gone) changed(placeOf(row))
        return gone.length
      }),
  }
}
