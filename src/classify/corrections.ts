import type { Finding } from '../answers/index.ts'
import type { Details, DroppedTag } from '../core/classification.ts'
import type { Correction } from '../core/corrections.ts'
import type { ReadRequest } from '../core/model/task.ts'
import type { TagId } from '../core/tags/tag-list.ts'

const byPerson = 'feedback'

/** The answer that a person gave, as if a model had been asked. */
export function personsFinding({ tagList, maxTags, reviewBelow }: ReadRequest, answer: readonly TagId[]): Finding {
  const { length } = tagList.tags
  const listed = answer.flatMap(id => tagList.byId.get(String(id)) ?? [])
  const surplus = listed.slice(maxTags).map(({ id }): DroppedTag => ({ reason: 'surplus', id }))
  const tags = listed.slice(0, maxTags).map(({ id, name }): Details['tags'][number] => ({ id, name, confidence: null }))
  const known: Finding['known'] = {
    tags: tags.map(({ id, confidence }) => ({ id, confidence })),
    model: byPerson,
    endpoint: byPerson,
    format: { type: 'local', strict: false, enum: true, omitted: [], enforced: true, reply_with: 'ids' },
    dropped: surplus,
    candidates: { shown: length, listed: length, basis: 'whole_list', text_read: null },
  }
  // The look has been taken.
  return { known, tags, attempts: [], recalled: true, needsReview: reviewBelow === undefined ? undefined : false }
}

/** What was found without the tags that a person rejected. */
export function withoutRejected(finding: Finding, correction: Correction | undefined): Finding {
  if (!correction || !finding.tags.some(({ id }) => correction.rejected.has(String(id)))) return finding
  const isRejected = ({ id }: { readonly id: TagId }) => correction.rejected.has(String(id))
  const dropped = finding.tags.filter(isRejected).map(({ id }): DroppedTag => ({ reason: 'rejected', id }))
  return {
    ...finding,
    tags: finding.tags.filter(tag => !isRejected(tag)),
    known: { ...finding.known, dropped: [...finding.known.dropped, ...dropped] },
  }
}
