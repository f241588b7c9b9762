import type { UploadWarning } from '../../core/lines/ignored-fields.ts'
import { errorCodes, outcomes, ServiceError } from '../../core/outcome.ts'
import { problemOf } from '../problem.ts'

interface Example {
  readonly value: unknown
}

const notJson = new ServiceError('invalid_request', 'Line 7 is not valid JSON: column 31.')
const ignoredFields: UploadWarning = {
  code: 'ignored_fields',
  detail:
    'Fields that are not known here were ignored in 12000 entries: stars (12000), url (9300). With strict=true such entries fail.',
  fields: { stars: 12_000, url: 9_300 },
}
const requestId = '4f9f2f0e-58a9-4c5f-9f0e-7a3f3a1c2b11'
const readme = '# retis\n\nTraces packets in the Linux networking stack.'
const usage = {
  input_tokens: 2_950,
  cached_input_tokens: 2_560,
  cache_write_tokens: null,
  output_tokens: 12,
  reasoning_tokens: null,
}
const answer = { id: '12523', tags: [36, 57] }
const coverage = { total_bytes: 7_389, sent_bytes: 7_370, cut: ['images'] }
const model = 'gpt-6-luna'
const format = { type: 'json_schema', strict: true, enum: true, omitted: [], enforced: true, reply_with: 'names' }
const attempt = {
  endpoint: 'api.openai.com',
  requested_model: model,
  model,
  result: 'reply',
  elapsed_ms: 640,
  wait_ms: 0,
  usage,
  cost_usd: 0.00006,
}
const details = {
  outcome: 'ok',
  tags: [
    { id: 36, name: 'networking', confidence: 0.98 },
    { id: 57, name: 'observability', confidence: 0.91 },
  ],
  model,
  endpoint: 'api.openai.com',
  prompt: 'assign-tags@6ef1d469cbcd',
  tag_list: 'b632ef1436f7d84b',
  max_tags: 3,
  format,
  usage,
  cost_usd: 0.00006,
  coverage,
  candidates: { shown: 90, listed: 90, basis: 'whole_list', text_read: null },
  dropped: [],
  attempts: [attempt],
  notes: [],
  cached: false,
}
const listedPrompt = {
  name: 'assign-tags',
  version: 'assign-tags@6ef1d469cbcd',
  is_default: true,
  settings: {
    description: 'At most three tags.',
    max_tags: 3,
    temperature: 0,
    reply_with: 'names',
    order: 'id',
    seed: 0,
    reduce: true,
  },
  tag_list: { version: 'b632ef1436f7d84b', tags: 90 },
}
const tags = [{ id: 36, name: 'networking' }]
const tagList = { version: 'a87f69dd14e73131', tags }
const endedItem = { index: 0, outcome: 'ok', result: { ...answer, details } }
const rendering = {
  prompt: 'assign-tags@6ef1d469cbcd',
  tag_list: 'a87f69dd14e73131',
  messages: [
    { role: 'system', content: 'Choose at most 3 tags …' },
    { role: 'user', content: `<document 193101f7451be23f>\n${readme}\n</document 193101f7451be23f>` },
  ],
  response_format: { type: 'json_object' },
  size: { bytes: 851, estimated_tokens: 213 },
  coverage: { total_bytes: 54, sent_bytes: 54, cut: [] },
}

const estimate = {
  object: 'batch_estimate',
  ...{ items: 20_000, unreadable: 2, sampled: 100, unusable: 0, cached: 0, model, delivery: 'provider' },
  input_tokens: 61_400_000,
  output_tokens: { low: 100_000, high: 5_120_000 },
  cost_usd: { low: 3.1, high: 12.8 },
}
const entry = { id: '12523', text: readme }
const batch = {
  id: 'batch_c846238623e24751a9748b8ea0b3569f',
  object: 'batch',
  status: 'in_progress',
  pause_reason: null,
  delivery: 'live',
  created_at: 1_795_386_718,
  in_progress_at: 1_795_386_718,
  completed_at: null,
  cancelled_at: null,
  request_counts: { total: 20_000, completed: 8_000, failed: 3 },
  outcomes: { ok: 7_900, none_apply: 100, refused: 3 },
  usage: { input_tokens: 24_000_000, output_tokens: 96_000, total_tokens: 24_096_000 },
  cost_usd: 1.52,
  max_cost_usd: 5,
  max_tokens: null,
  items_per_second: 40,
  seconds_left: 300,
  circuit: 'closed',
  held_until: null,
}
const usageOfDay = {
  day: '2026-11-22',
  model,
  key: 'indexer',
  requests: 8_000,
  unanswered: 2,
  input_tokens: 24_000_000,
  cached_input_tokens: 20_480_000,
  output_tokens: 96_000,
  cost_usd: 1.52,
}
const feedback = {
  ...{ accepted: [36], rejected: [18], missing: [57], none: false, text_hash: 'hHZ7uTqEAbMs8XWmZ2Qf1g', id: '12523' },
  ...{ prompt: 'assign-tags', tag_list: 'b632ef1436f7d84b', by: 'ada', key: 'indexer', at: '2026-11-22T10:00:00.000Z' },
  ...{ state: 'used', answer: [36, 57] },
}
const oneBatch = { 200: { batch: { value: batch } } }

/** By operation, then by `request` or status. A test checks each against the schema it stands beside. */
export const examples: Record<string, Record<string, Record<string, Example>>> = {
  classify: {
    request: {
      text: { value: { id: '12523', text: readme } },
      own_list: { value: { text: readme, tags, max_tags: 1 } },
    },
    200: {
      answer: { value: answer },
      details: { value: { ...answer, details } },
      none: { value: { id: null, tags: [] } },
    },
    lines: { line: { value: { id: '12523', text: readme } } },
    answerLines: {
      answer: { value: answer },
      error: { value: { id: null, line: 7, error: problemOf(notJson, requestId) } },
      warning: { value: { warning: ignoredFields } },
    },
  },
  listPrompts: { 200: { shipped: { value: { data: [listedPrompt] } } } },
  readPromptTags: { 200: { list: { value: tagList } } },
  renderPrompt: { request: { own_list: { value: { text: readme, tags } } }, 200: { rendering: { value: rendering } } },
  giveFeedback: {
    request: {
      verdict: { value: { id: '12523', text: readme, accepted: [36], rejected: [18], missing: [57], by: 'ada' } },
      none: { value: { text: readme, none: true } },
    },
    200: { feedback: { value: feedback } },
  },
  exportFeedback: { 200: { line: { value: { id: '12523', text: readme, tags: [36, 57] } } } },
  removeFeedback: { 204: { gone: { value: null } } },
  livez: { 200: { runs: { value: { status: 'ok' } } } },
  readyz: { 200: { ready: { value: { status: 'ok' } } }, 503: { stopping: { value: { status: 'stopping' } } } },
  createBatch: {
    request: { entries: { value: [entry] } },
    lines: { line: { value: entry } },
    200: { batch: { value: batch } },
    202: { batch: { value: { ...batch, warnings: [ignoredFields] } } },
  },
  estimateBatch: {
    request: { entries: { value: [entry] } },
    lines: { line: { value: entry } },
    200: { estimate: { value: estimate } },
  },
  listBatches: { 200: { page: { value: { object: 'list', data: [batch], has_more: false } } } },
  readBatch: oneBatch,
  cancelBatch: oneBatch,
  pauseBatch: oneBatch,
  resumeBatch: { ...oneBatch, request: { cap: { value: { max_cost_usd: 10 } } } },
  retryBatch: { 200: { batch: { value: { ...batch, retried: 3 } } } },
  listBatchItems: { 200: { page: { value: { data: [endedItem], has_more: false } } } },
  readBatchItem: { 200: { item: { value: { ...endedItem, request: { id: '12523', text: readme } } } } },
  readBatchTags: { 200: { list: { value: tagList } } },
  readBatchResults: { 200: { line: { value: answer } } },
  watchBatch: { 200: { event: { value: 'id: 1\nevent: batch\ndata: {…}\n\n' } } },
  usage: { 200: { totals: { value: { data: [usageOfDay] } } } },
  metrics: { 200: { excerpt: { value: 'classify_requests_total{outcome="ok"} 1\n' } } },
}

const faults = [{ pointer: '/text', message: 'is missing' }]

/** One for each code that a status stands for. */
export const problemExamples = (status: number): Record<string, Example> =>
  Object.fromEntries(
    errorCodes
      .filter(code => outcomes[code].status === status)
      .map(code => {
        const error = new ServiceError(code, `${outcomes[code].title}.`, code === 'invalid_request' ? { faults } : {})
        return [code, { value: problemOf(error, requestId) }]
      }),
  )
