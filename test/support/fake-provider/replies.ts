import type { Dialect } from './dialect.ts'
import { errorBody } from './error-bodies.ts'
import type { ContentFault, FaultName, TransportFault } from './fault-names.ts'
import type { Draft } from './stand-in.ts'
import { tokensOf } from './tokens.ts'
import type { WildFault } from './wild-fault.ts'

/** What goes over the wire: an answer, or a silence or a cut before or in the middle of one. */
export type Wire =
  | { kind: 'answer'; status: number; headers?: Record<string, string>; body: string }
  | { kind: 'reset' | 'stall'; afterHeaders: boolean }

/** One entry of a script: the text of a completion, a fault, or a raw answer. */
export type Reply =
  | string
  | { readonly fault: FaultName }
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Wire => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

export const rawReply = ({ status, headers, body }: Extract<Reply, { status: number }>): Wire =>
  typeof body === 'string'
    ? { kind: 'answer', status, headers: { 'content-type': 'application/json', ...headers }, body }
    : json(status, body ?? {}, headers)

export function error(
  dialect: Dialect,
  status: number,
  message: string,
  details: { type?: string; code?: string } = {},
) {
  const { type = 'server_error', code = null } = details
  return json(status, errorBody(dialect.error_shape, { status, message, type, code, param: null }))
}

function tooMany(dialect: Dialect, headers: Record<string, string>, body?: unknown): Wire {
  const { message, code, type } = dialect.rate_limit
  const fault = { status: 429, message: message.replace('{wait}', 'a moment'), type, code, param: null }
  return json(429, body ?? errorBody(dialect.error_shape, fault), headers)
}

const retryInfo = (seconds: number) => [
  {
    error: {
      code: 429,
      message: 'Resource has been exhausted (e.g. check quota).',
      status: 'RESOURCE_EXHAUSTED',
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${seconds}s` }],
    },
  },
]

const failedGeneration = (what: string, code: string, text: string) => ({
  error: {
    message: `Failed to ${what}. Please adjust your prompt. See 'failed_generation' for more details.`,
    type: 'invalid_request_error',
    code,
    failed_generation: text,
  },
})

/** Plays a fault that takes the place of the answer; `whole` is what would have been sent. */
export function transportFault(
  name: TransportFault,
  { dialect, waitMs, whole }: { dialect: Dialect; waitMs: number; whole: () => { text: string; type?: string } },
): Wire {
  const seconds = waitMs / 1000
  switch (name) {
    case 'rate_limited':
      return tooMany(dialect, { 'retry-after': `${seconds}` })
    case 'rate_limited_date':
      return tooMany(dialect, { 'retry-after': new Date(Date.now() + Math.max(waitMs, 1000)).toUTCString() })
    case 'rate_limited_ms':
      return tooMany(dialect, { 'retry-after-ms': `${waitMs}`, 'retry-after': `${Math.ceil(seconds)}` })
    case 'rate_limited_body':
      return tooMany(dialect, {}, retryInfo(seconds))
    case 'rate_limited_reset':
      return tooMany(dialect, {
        'x-ratelimit-remaining-requests': '12',
        'x-ratelimit-reset-requests': '6m0s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': `${waitMs}ms`,
      })
    case 'out_of_quota':
      return error(dialect, 429, 'You exceeded your current quota, please check your plan and billing details.', {
        type: 'insufficient_quota',
        code: 'insufficient_quota',
      })
    case 'server_error':
      return error(dialect, 500, 'The server had an error while processing your request. Sorry about that!')
    case 'unavailable':
      return error(dialect, 503, 'The engine is currently overloaded, please try again later')
    case 'reset_before_headers':
      return { kind: 'reset', afterHeaders: false }
    case 'reset_after_headers':
      return { kind: 'reset', afterHeaders: true }
    case 'stall_before_headers':
      return { kind: 'stall', afterHeaders: false }
    case 'stall_after_headers':
      return { kind: 'stall', afterHeaders: true }
    case 'truncated_envelope': {
      const { text, type = 'application/json' } = whole()
      return { kind: 'answer', status: 200, headers: { 'content-type': type }, body: text.slice(0, text.length / 2) }
    }
    case 'error_in_200':
      return json(200, {
        error: { message: 'Provider returned error', code: 502, metadata: { provider_name: 'Fake' } },
      })
    case 'html_page':
      return {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: '<!doctype html><html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>',
      }
    case 'empty_body':
      return { kind: 'answer', status: 200, headers: { 'content-type': 'application/json' }, body: '' }
    case 'prompt_filter':
      return error(
        dialect,
        400,
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.",
        { type: 'invalid_request_error', code: 'content_filter' },
      )
    case 'json_validate_failed':
      return json(400, failedGeneration('generate JSON', 'json_validate_failed', '{"tags": [1, '))
    case 'tool_use_failed':
      return json(400, failedGeneration('call a function', 'tool_use_failed', '<function=pick_tags>{"tags": [1'))
  }
}

export const wildAnswer = ({ status, type, body }: ReturnType<NonNullable<WildFault['answer']>>): Wire =>
  typeof body === 'string' && type !== undefined
    ? { kind: 'answer', status, headers: { 'content-type': type }, body }
    : json(status, body)

/** Spoils a draft; ids off the list are picked where picks are made. */
export function spoil(draft: Draft, fault: ContentFault | undefined): Draft {
  switch (fault) {
    case 'blank':
      return { ...draft, text: ' '.repeat(48) }
    case 'truncated_content': {
      const tokens = tokensOf(draft.text)
      return { ...draft, text: tokens.slice(0, Math.max(1, tokens.length - 3)).join(''), finishReason: 'length' }
    }
    case 'refusal':
      return { ...draft, text: '', refusal: "I'm sorry, I can't assist with that request.", finishReason: 'stop' }
    case 'content_filter':
      return { ...draft, text: '', finishReason: 'content_filter' }
    default:
      return draft
  }
}
