import { describe, expect, test } from 'vitest'
import { nameOf, type UpstreamFailure } from '../../src/core/model/engine.ts'
import { judge } from '../../src/endpoints/upstream-failure.ts'

const failure = (status: number, text = '', code?: string): UpstreamFailure => {
  return { kind: 'status', status, code, text, body: undefined, headers: undefined }
}

describe('a failure means', () => {
  test.each<[status: number, text: string, code: string | undefined, outcome: string, retry: boolean]>([
    [400, 'Unknown field', undefined, 'upstream_config', false],
    [401, 'Incorrect API key', 'invalid_api_key', 'upstream_auth', false],
    [402, 'Insufficient credits', undefined, 'upstream_auth', false],
    [403, 'Not allowed', undefined, 'upstream_auth', false],
    [403, 'Your input was flagged by moderation', undefined, 'blocked', false],
    [400, 'filtered', 'content_filter', 'blocked', false],
    [404, 'The model does not exist', 'model_not_found', 'upstream_config', false],
    [404, 'Not Found', undefined, 'upstream_config', false],
    [405, '', undefined, 'upstream_config', false],
    [408, '', undefined, 'upstream_unavailable', true],
    [409, '', undefined, 'upstream_unavailable', true],
    [413, '', undefined, 'upstream_config', false],
    [425, '', undefined, 'upstream_unavailable', true],
    [429, 'slow down', 'rate_limit_exceeded', 'upstream_unavailable', true],
    [429, 'You exceeded your current quota', 'insufficient_quota', 'upstream_auth', false],
    [400, 'too long', 'context_length_exceeded', 'upstream_config', false],
    [400, 'exceeds the available context size', 'exceed_context_size_error', 'upstream_config', false],
    [498, '', 'capacity_exceeded', 'upstream_unavailable', true],
    [500, '', undefined, 'upstream_unavailable', true],
    [502, '', undefined, 'upstream_unavailable', true],
    [503, 'Loading model', undefined, 'upstream_unavailable', true],
    [504, '', undefined, 'upstream_unavailable', true],
    [524, '', undefined, 'upstream_unavailable', true],
  ])('%i %s %s: %s, retry %s', (status, text, code, outcome, retry) => {
    expect(judge(failure(status, text, code))).toMatchObject({ code: outcome, retry })
  })

  test.each(['timeout', 'network', 'malformed'] as const)('%s: upstream_unavailable', kind => {
    expect(judge({ ...failure(200), kind, status: undefined })).toMatchObject({
      code: 'upstream_unavailable',
      retry: true,
    })
  })

  test('a web page: upstream_config', () => {
    expect(judge({ ...failure(200, '\n<!DOCTYPE html><html>'), kind: 'malformed' })).toMatchObject({
      code: 'upstream_config',
    })
  })
})

test('what an endpoint said is not repeated, save for a word that can hold no text', () => {
  expect(judge(failure(400, 'SECRET TEXT', 'bad_field')).message).toContain('bad_field')
  expect(judge(failure(400, 'SECRET TEXT', 'SECRET TEXT')).message).not.toContain('SECRET')
})

test('a failure has a name of one word', () => {
  expect([nameOf(failure(429)), nameOf({ ...failure(200), kind: 'timeout' })]).toEqual(['http_429', 'timeout'])
})
