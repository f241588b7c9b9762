import type { UpstreamFailure } from './upstream-failure.ts'
import { type OptionalParameter, optionalParameters } from './wire-form.ts'

/** What an endpoint does not like about the way a request was put. */
export type Complaint =
  | { readonly about: 'keyword'; readonly keyword: string }
  | { readonly about: 'enum' | 'strict' | 'format' | 'tool_choice' | 'token_parameter' | 'stream' | 'system' }
  | { readonly about: 'parameter'; readonly parameter: OptionalParameter }
  | { readonly about: 'reasoning_effort'; readonly accepted: string | undefined }

interface Row {
  readonly says: RegExp
  complaint(match: RegExpExecArray): Complaint | undefined
}

const always = (complaint: Complaint) => () => complaint
/** Parts of a request that come and go with a parameter of another name. */
const partOf: Readonly<Record<string, OptionalParameter>> = {
  top_logprobs: 'logprobs',
  prompt_cache_breakpoint: 'prompt_cache_options',
}
const parameterNames = [...Object.keys(partOf), ...optionalParameters].join('|')
const named = (parameter: string | undefined): Complaint | undefined => {
  const known = optionalParameters.find(name => name === (partOf[parameter ?? ''] ?? parameter))
  return known && { about: 'parameter', parameter: known }
}

/** Rejections as endpoints word them. First row that fits decides, so what is said more exactly stands first. */
const rows: readonly Row[] = [
  { says: /non-streaming|only support(s)? stream/i, complaint: always({ about: 'stream' }) },
  {
    says: /system (role|message)s? (is |are )?not (supported|allowed)|only .{0,40}roles? .{0,40}supported/i,
    complaint: always({ about: 'system' }),
  },
  {
    says: /use 'max_(completion_)?tokens' instead|(unsupported|unknown|unrecognized|extra).{0,60}'?max_(completion_)?tokens|max_(completion_)?tokens'?.{0,40}(not supported|not permitted|extra_forbidden)/i,
    complaint: always({ about: 'token_parameter' }),
  },
  {
    says: /'reasoning_effort' does not support .{0,40}Supported values are: ([^.]{1,200})/i,
    complaint: ([, values]) => ({ about: 'reasoning_effort', accepted: leastEffort(values ?? '') }),
  },
  {
    says: /tools with reasoning_effort are not supported/i,
    complaint: always({ about: 'reasoning_effort', accepted: 'none' }),
  },
  {
    says: /too many states|grammar is too large|enum values in total|schema .{0,40}too (large|complex)|complexity/i,
    complaint: always({ about: 'enum' }),
  },
  { says: /enum: only allowed for STRING/i, complaint: always({ about: 'format' }) },
  { says: /tool_choice.{0,40}(object|string)/i, complaint: always({ about: 'tool_choice' }) },
  { says: /tool_choice/i, complaint: always({ about: 'format' }) },
  {
    says: /does not support parameters: \[([^\]]{1,200})\]/i,
    complaint: ([, list]) =>
      /response_format|tools/.test(list ?? '')
        ? { about: 'format' }
        : named(new RegExp(parameterNames).exec(list ?? '')?.[0]),
  },
  { says: /json_schema\W{1,4}strict|'strict'|"strict"/i, complaint: always({ about: 'strict' }) },
  {
    says: /(?:'|"|`|unsupported feature |keyword )(minItems|maxItems|uniqueItems|additionalProperties|enum)(?:'|"|`|\b)/,
    complaint: ([, keyword]) =>
      keyword === 'additionalProperties' ? { about: 'format' } : { about: 'keyword', keyword: keyword! },
  },
  {
    says: /schema contains features not supported|failed to (parse|compile).{0,20}(grammar|schema)|invalid (json )?schema/i,
    complaint: always({ about: 'enum' }),
  },
  {
    says: new RegExp(`(?:'|"|\`|\\b)(${parameterNames})(?:'|"|\`|\\b)`),
    complaint: ([, parameter]) => named(parameter),
  },
  {
    says: /response[_ ]format|json_schema|json_object|json mode|structured output|must contain the word 'json'|requested parameters|tools?\b|function call/i,
    complaint: always({ about: 'format' }),
  },
]

const longestComplaint = 2_000
const aboutSomethingElse =
  /context_length|context (size|length|window)|maximum context|content_filter|content management|model_not_found|quota/i
const statusesOfRejections = [400, 404, 415, 422, 500, 501]

/** Reads a rejection; undefined when the failure is about something else, such as the key, the load or the context. */
export function readComplaint({ kind, status, code, text }: UpstreamFailure): Complaint | undefined {
  if (kind !== 'status' || status === undefined || !statusesOfRejections.includes(status)) return undefined
  // Some servers repeat the whole request behind what they have to say.
  const words = `${code ?? ''} ${text}`.slice(0, longestComplaint)
  if (aboutSomethingElse.test(words)) return undefined
  if (status === 404 && !/no endpoints found that can handle/i.test(words)) return undefined
  for (const { says, complaint } of rows) {
    const match = says.exec(words)
    const found = match && complaint(match)
    if (found) return found
  }
  return undefined
}

/** The smallest of the efforts that the endpoint says it takes. */
function leastEffort(values: string): string | undefined {
  return ['none', 'minimal', 'low', 'medium'].find(effort => values.includes(effort))
}
