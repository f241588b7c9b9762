import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createWire } from '../support/endpoint.ts'
import { endpointSettings, startService } from '../support/service.ts'

const wire = createWire()
const text = '# A router\n\nIt routes packets.'

async function scrape(service: Awaited<ReturnType<typeof startService>>): Promise<string> {
  const response = await service.app.inject('/metrics')
  expect(response.headers['content-type']).toMatch(/^text\/plain; version=/)
  return response.body
}

test('answers, failures, retries, tokens and time are counted', async () => {
  wire.plays(
    { status: 503, recorded: 'error-503.json' },
    { recorded: 'off-list.json' },
    { recorded: 'ok.json' },
    { recorded: 'refusal.json' },
  )
  const service = await startService(endpointSettings)
  await service.classify({ text })
  await service.classify({ text })
  await service.classify({ text: `${text} And more.` })
  await service.classify({ text: ' ' })
  await service.app.inject('/nowhere/DOCUMENT-CANARY')
  const metrics = await scrape(service)
  for (const line of [
    'classify_requests_total{outcome="ok"} 2',
    'classify_requests_total{outcome="refused"} 1',
    'classify_requests_total{outcome="unusable_text"} 1',
    'classify_invalid_replies_total{reason="off_list"} 1',
    'llm_retries_total{reason="http_503"} 1',
    'classify_tags_assigned_total 6',
    'classify_replies_total{format="json_schema"} 2',
    'classify_cache_requests_total{result="miss"} 1',
    'classify_cache_requests_total{result="hit"} 1',
    'http_problems_total{code="refused"} 1',
    'http_problems_total{code="not_found"} 1',
    'http_server_request_duration_seconds_count{http_request_method="POST",http_route="/classify",http_response_status_code="200"} 2',
    'tagsmith_overhead_seconds_count 2',
  ]) {
    expect(metrics).toContain(line)
  }
  expect(metrics).toMatch(/gen_ai_client_token_usage_sum\{.*gen_ai_token_type="input"\} [1-9]/)
  expect(metrics).toMatch(/gen_ai_client_operation_duration_seconds_count\{.*error_type="http_503"\} 1/)
  expect(metrics).toMatch(/gen_ai_request_model="test-model",gen_ai_response_model="",error_type="http_503"/)
  expect(metrics).toMatch(/gen_ai_request_model="test-model",gen_ai_response_model="test-model-2026",error_type=""/)
  expect(metrics).not.toContain('CANARY')
})

const promtool = spawnSync('promtool', ['--version']).error === undefined
test.skipIf(!promtool)('promtool finds nothing to object to', async () => {
  wire.plays({ status: 503, recorded: 'error-503.json' }, { recorded: 'ok.json' })
  const service = await startService(endpointSettings)
  await service.classify({ text })
  await service.app.inject('/nowhere')
  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input: await scrape(service) })
  expect([String(stdout), String(stderr), status]).toEqual(['', '', 0])
})

test('the dashboard asks for metrics that there are', async () => {
  const metrics = await scrape(await startService())
  const dashboard = readFileSync(new URL('../../docker/grafana-dashboard.json', import.meta.url), 'utf8')
  const expressions = [...dashboard.matchAll(/"expr": "((?:[^"\\]|\\.)*)"/g)].map(match => match[1]!)
  const names = expressions.flatMap(expression => expression.match(/\b[a-z]+(_[a-z]+){2,}\b(?=[{[])/g) ?? [])
  expect(names.length).toBeGreaterThan(8)
  for (const name of names) expect(metrics).toContain(`# TYPE ${name.replace(/_(bucket|sum|count)$/, '')} `)
})
