import type { ErrorCode } from './outcome.ts'

/** Why a call of a model gave no completion. `text` and `body` are for matching only: they may quote the prompt. */
export interface UpstreamFailure {
  readonly kind: 'status' | 'timeout' | 'network' | 'malformed'
  readonly status: number | undefined
  /** The endpoint's own word for the error, such as `model_not_found`. */
  readonly code: string | undefined
  readonly text: string
  readonly body: unknown
  readonly headers: Headers | undefined
}

export interface Verdict {
  readonly code: ErrorCode
  readonly retry: boolean
  /** What is wrong and which setting mends it, fit for strangers. */
  readonly message: string
}

const config = (message: string): Verdict => ({ code: 'upstream_config', retry: false, message })
const auth = (message: string): Verdict => ({ code: 'upstream_auth', retry: false, message })
const unavailable = (message: string): Verdict => ({ code: 'upstream_unavailable', retry: true, message })

interface Rule {
  readonly statuses?: readonly number[]
  /** Matched against the error's code and text. */
  readonly says?: RegExp
  readonly verdict: Verdict
}

/** First row that fits decides; a row without `statuses` fits any. */
const rules: readonly Rule[] = [
  {
    says: /content_filter|content management policy|moderation|responsibleai/i,
    statuses: [400, 403, 422],
    verdict: {
      code: 'blocked',
      retry: false,
      message: 'The content filter of the model endpoint stopped the request.',
    },
  },
  {
    says: /insufficient_quota|exceeded your current quota|billing_hard_limit|credit balance/i,
    verdict: auth('OPENAI_API_KEY: the account of this key has no quota or credit left.'),
  },
  { statuses: [402], verdict: auth('OPENAI_API_KEY: the account of this key has no credit left.') },
  { statuses: [401], verdict: auth('OPENAI_API_KEY: the endpoint at OPENAI_BASE_URL does not accept this key.') },
  { statuses: [403], verdict: auth('OPENAI_API_KEY: this key may not use the model named by OPENAI_MODEL.') },
  {
    says: /context_length_exceeded|exceed_context_size|context (length|size|window)|maximum context|prompt is too long|request too large/i,
    statuses: [400, 413, 422, 429, 500],
    verdict: config(
      'The prompt does not fit the context of the model: lower TEXT_BUDGET, shorten the tag list or set OPENAI_MODEL to a larger one.',
    ),
  },
  {
    statuses: [413],
    verdict: config('The model endpoint takes no request of this size: lower TEXT_BUDGET or shorten the tag list.'),
  },
  {
    says: /model/i,
    statuses: [404],
    verdict: config('OPENAI_MODEL: the endpoint at OPENAI_BASE_URL does not know this model.'),
  },
  {
    statuses: [404, 405],
    verdict: config(
      'OPENAI_BASE_URL: there is no chat-completions endpoint at this address (most end in /v1); or OPENAI_MODEL is unknown to it.',
    ),
  },
  { statuses: [408, 409, 425, 429, 498], verdict: unavailable('The model endpoint asks to come back later.') },
]

/** What a failure means for the request, and whether the same call may be made again. */
export function judge(failure: UpstreamFailure): Verdict {
  if (failure.kind === 'timeout') return unavailable('The model endpoint did not answer in time.')
  if (failure.kind === 'network') return unavailable('The model endpoint at OPENAI_BASE_URL cannot be reached.')
  const { status } = failure
  const words = `${failure.code ?? ''} ${failure.text}`
  const rule = rules.find(({ statuses, says }) => {
    return (
      (statuses === undefined || (status !== undefined && statuses.includes(status))) && (says?.test(words) ?? true)
    )
  })
  if (rule) return rule.verdict
  if (status !== undefined && status >= 500) return unavailable(`The model endpoint failed with status ${status}.`)
  if (status !== undefined && status >= 400) {
    return config(
      `The model endpoint rejected the request with status ${status}${reason(failure)}: check OPENAI_BASE_URL and OPENAI_MODEL.`,
    )
  }
  // A gateway may show a page for a moment, so it is worth another try.
  return looksLikePage(failure)
    ? { ...config('OPENAI_BASE_URL: this address answers with a web page, not with chat completions.'), retry: true }
    : unavailable('The model endpoint answered with something that is no chat completion.')
}

/** In one word what happened, for lists of attempts and for metrics. */
export function nameOf({ kind, status }: UpstreamFailure): string {
  return kind === 'status' && status !== undefined ? `http_${status}` : kind
}

const looksLikePage = ({ text }: UpstreamFailure) => /^\s*<(!doctype|html)/i.test(text)

const reason = ({ code }: UpstreamFailure) => (code !== undefined && /^[\w.-]{1,64}$/.test(code) ? ` (${code})` : '')
