import type { FeedbackRow, FeedbackStore } from '../../core/stores/feedback-store.ts'
import type { Database } from './database.ts'

const columns = `key, scope, text_hash as "textHash", reviewer, document_id as "documentId", prompt,
  tag_list as "tagList", verdict, excerpt, content, changed_at as "changedAt"`
// Bytes in order, as SQLite has it: pages of any collation would do, but not of two.
const place = ['key', 'scope', 'text_hash', 'reviewer'].map(column => `${column} collate "C"`).join(', ')

export function createFeedbackRows({ query }: Database): FeedbackStore {
  return {
    putFeedback: async row => {
      await query(
        `insert into feedback (key, scope, text_hash, reviewer, document_id, prompt, tag_list, verdict, excerpt, content,
            changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
          on conflict (key, scope, text_hash, reviewer) do update set document_id = excluded.document_id,
            prompt = excluded.prompt, tag_list = excluded.tag_list, verdict = excluded.verdict,
            excerpt = excluded.excerpt, content = excluded.content, changed_at = excluded.changed_at`,
        [
          ...[row.key, row.scope, row.textHash, row.reviewer, row.documentId, row.prompt, row.tagList],
          ...[row.verdict, row.excerpt, row.content, row.changedAt],
        ],
      )
    },
    readFeedback: ({ key, scope, textHash }) =>
      query<FeedbackRow>(
        `select ${columns} from feedback where key = $1 and scope = $2 and text_hash = $3 order by reviewer collate "C"`,
        [key, scope, textHash],
      ),
    findFeedback: async (key, documentId) => {
      const [row] = await query<FeedbackRow>(
        `select ${columns} from feedback where key = $1 and document_id = $2 order by changed_at desc limit 1`,
        [key, documentId],
      )
      return row
    },
    listFeedback: ({ keys, after, limit }) => {
      const { key = '', scope = '', textHash = '', reviewer = '' } = after ?? {}
      return query<FeedbackRow>(
        `select ${columns} from feedback where ($1::text[] is null or key = any($1))
          and (${place}) > ($2, $3, $4, $5) order by ${place} limit $6`,
        [keys ?? null, key, scope, textHash, reviewer, limit],
      )
    },
    feedbackVersion: async ({ key, scope }) => {
      const [row] = await query<{ version: string }>(
        `select md5(coalesce(string_agg(concat_ws(' ', text_hash, reviewer, changed_at, verdict), ',' order by text_hash, reviewer), ''))
            as version
          from feedback where key = $1 and scope = $2`,
        [key, scope],
      )
      return row!.version
    },
    deleteFeedback: async ({ keys, textHash, reviewer }) => {
      const rows = await query(
        `delete from feedback where ($1::text[] is null or key = any($1)) and text_hash = $2
          and ($3::text is null or reviewer = $3) returning 1`,
        [keys ?? null, textHash, reviewer ?? null],
      )
      return rows.length
    },
  }
}
