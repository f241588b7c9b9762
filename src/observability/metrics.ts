import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client'
import { unendedStatuses } from '../core/batch/batch.ts'
import { createBoundedNames } from '../core/names.ts'
import { isAnswered } from '../core/usage.ts'
import type { Metrics } from './telemetry.ts'

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** The buckets of the GenAI conventions of OpenTelemetry, so that ready-made dashboards fit. */
const genAiSeconds = Array.from({ length: 14 }, (_, index) => 0.01 * 2 ** index)
const genAiTokens = Array.from({ length: 14 }, (_, index) => 4 ** index)
/** Models are named by prompts and endpoints; nobody else's words become a label, and no more than these. */
const mostModels = 20
/** How calls fail: the statuses that are in use, and the words for what has none. */
const mostFailures = 30

/** Metrics of the library whose names `promtool check metrics` objects to; others say the same. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'nodejs_eventloop_utilization_histogram',
  'nodejs_eventloop_utilization_summary',
]

/** Prometheus metrics in a registry of their own; every label comes from a closed or bounded set. */
export function createMetrics({ version }: { version: string }): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const asked = createBoundedNames(mostModels)
  const answering = createBoundedNames(mostModels)
  const failures = createBoundedNames(mostFailures)
  const histogram = <Label extends string>(name: string, help: string, buckets: number[], ...labelNames: Label[]) =>
    new Histogram({ name, help, buckets, labelNames, registers })
  /** Counts by one label; the library is told when somebody looks, as it takes its time for each. */
  const tally = (name: string, help: string, label: string) => {
    const counts = new Map<string, number>()
    const counter = new Counter({ name, help, labelNames: [label], registers, collect })
    function collect(): void {
      for (const [value, count] of counts) counter.inc({ [label]: value }, count)
      counts.clear()
    }
    return { add: (value: string, count = 1): unknown => counts.set(value, (counts.get(value) ?? 0) + count) }
  }
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name, help, labelNames, registers })

  const requests = histogram(
    'http_server_request_duration_seconds',
    'Time of requests, from their first byte to their answer.',
    seconds,
    'http_request_method',
    'http_route',
    'http_response_status_code',
  )
  const problems = tally('http_problems_total', 'Requests that ended in a problem, by its code.', 'code')
  const inWork = gauge('http_requests_in_work', 'Requests that are being worked on, or wait for it.', 'state')
  const overhead = histogram(
    'tagsmith_overhead_seconds',
    'Time of requests that asked a model, less the time of the model.',
    [0.0005, 0.001, 0.002, 0.005, ...seconds.slice(1, 8)],
  )
  const classified = tally('classify_requests_total', 'Texts that were classified, by outcome.', 'outcome')
  const invalid = tally('classify_invalid_replies_total', 'Replies that held nothing valid, by reason.', 'reason')
  const cached = tally('classify_cache_requests_total', 'Answers, by whether they were known already.', 'result')
  const formats = tally('classify_replies_total', 'Answers, by how the schema was sent to the model.', 'format')
  const tags = new Counter({ name: 'classify_tags_assigned_total', help: 'Tags that were given.', registers })
  const cost = tally('classify_cost_usd_total', 'US dollars spent on calls whose price is known.', 'model')
  const retries = tally('llm_retries_total', 'Calls of a model that had to be followed by another.', 'reason')
  const leftAlone = gauge(
    'llm_left_alone',
    'Callers for whom a model that does nothing but fail is left alone.',
    'endpoint',
    'model',
  )
  const daysLeft = gauge(
    'llm_model_days_left',
    'Days until the provider shuts a model down, where it says so.',
    'endpoint',
    'model',
  )
  const batches = gauge('batch_active', 'Batches that have not ended.', 'status')
  const depth = gauge('batch_queue_depth', 'Items of those batches that have not ended.', 'status')
  const inProgress = gauge('batch_items_in_progress', 'Items of batches that this process works on.')
  const items = tally('batch_items_total', 'Items of batches that ended in this process, by outcome.', 'outcome')
  const labels = [
    'gen_ai_operation_name',
    'gen_ai_provider_name',
    'gen_ai_request_model',
    'gen_ai_response_model',
  ] as const
  const calls = histogram(
    'gen_ai_client_operation_duration_seconds',
    'Time of calls of a model.',
    genAiSeconds,
    ...labels,
    'error_type',
  )
  const tokens = histogram(
    'gen_ai_client_token_usage',
    'Tokens of calls of a model.',
    genAiTokens,
    ...labels,
    'gen_ai_token_type',
  )
  const build = gauge('app_build_info', 'What runs.', 'version')
  build.set({ version }, 1)
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)

  return {
    request({ method, route, status, elapsed, problem, modelTime }) {
      const statusCode = String(status)
      requests.observe(
        { http_request_method: method, http_route: route, http_response_status_code: statusCode },
        elapsed / 1000,
      )
      if (problem) problems.add(problem)
      if (modelTime !== undefined) overhead.observe(Math.max(0, elapsed - modelTime) / 1000)
    },
    attempt({ endpoint, requested_model, model, result, elapsed_ms, usage, cost_usd }, before) {
      const call = {
        gen_ai_operation_name: 'chat',
        gen_ai_provider_name: endpoint,
        gen_ai_request_model: asked(requested_model),
        gen_ai_response_model: isAnswered({ result }) ? answering(model) : '',
      }
      calls.observe({ ...call, error_type: result === 'reply' ? '' : failures(result) }, elapsed_ms / 1000)
      if (usage.input_tokens !== null) tokens.observe({ ...call, gen_ai_token_type: 'input' }, usage.input_tokens)
      if (usage.output_tokens !== null) tokens.observe({ ...call, gen_ai_token_type: 'output' }, usage.output_tokens)
      if (cost_usd !== null) cost.add(answering(model), cost_usd)
      if (before) retries.add(failures(before.result))
    },
    classification({ outcome, details, cache }) {
      classified.add(outcome)
      if (!details) return
      tags.inc(details.tags.length)
      formats.add(details.format.type)
      if (cache) cached.add(cache)
    },
    invalidReply: reason => invalid.add(reason),
    batchItem: outcome => items.add(outcome),
    async expose({ load, leftAlone: circuits, shutdowns, batches: state }) {
      inWork.set({ state: 'working' }, load.working)
      inWork.set({ state: 'waiting' }, load.waiting)
      for (const stale of [batches, depth, leftAlone, daysLeft]) stale.reset()
      for (const { endpoint, model, daysLeft: days } of shutdowns) daysLeft.set({ endpoint, model }, days)
      for (const { endpoint, model, callers } of circuits) leftAlone.set({ endpoint, model }, callers)
      for (const status of state ? unendedStatuses : []) {
        const of = state?.depth.find(row => row.status === status)
        batches.set({ status }, of?.batches ?? 0)
        depth.set({ status }, of?.items ?? 0)
      }
      if (state) inProgress.set(state.inProgress)
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }
}
