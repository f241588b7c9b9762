import { type OptionalParameter, optionalParameters } from '../../core/model/wire-form.ts'

/** What an endpoint does not like about the way a request was put. */
export type RejectionCause =
  | { readonly about: 'keyword'; readonly keyword: string }
  | { readonly about: 'enum' | 'strict' | 'format' | 'tool_choice' | 'token_parameter' | 'stream' | 'system' }
  | { readonly about: 'parameter'; readonly parameter: OptionalParameter }
  | { readonly about: 'reasoning_effort'; readonly accepted: string | undefined }

/** The part of a request that a rejection is about. */
export function partIn(cause: RejectionCause): 'format' | 'system' | 'token_parameter' | 'stream' | OptionalParameter {
  switch (cause.about) {
    case 'parameter':
      return cause.parameter
    case 'keyword':
    case 'enum':
    case 'strict':
    case 'tool_choice':
      return 'format'
    default:
      return cause.about
  }
}

export interface Row {
  readonly says: RegExp
  cause(match: RegExpExecArray): RejectionCause | undefined
}

const always = (cause: RejectionCause) => () => cause

/** Parts that come and go with a parameter of another name, and how others spell it. */
const otherNames: Readonly<Record<string, OptionalParameter>> = {
  top_logprobs: 'logprobs',
  log_probs: 'logprobs',
  response_logprobs: 'logprobs',
  prompt_cache_breakpoint: 'prompt_cache_options',
}
/** `reasoningEffort`, `Reasoning effort` and `reasoning_effort` are one. */
const folded = (name: string) => name.toLowerCase().replace(/[ _-]/g, '')
const parameterOf = new Map(
  [...Object.entries(otherNames), ...optionalParameters.map(name => [name, name] as const)].map(([name, parameter]) => [
    folded(name),
    parameter,
  ]),
)
const parameterNames = [...Object.keys(otherNames), ...optionalParameters]
  .map(name => name.replaceAll('_', '[_ -]?'))
  .join('|')

function named(name: string | undefined): RejectionCause | undefined {
  const parameter = parameterOf.get(folded(name ?? ''))
  if (parameter === 'reasoning_effort') return { about: 'reasoning_effort', accepted: undefined }
  return parameter && { about: 'parameter', parameter }
}

/** The part of a request that an endpoint names in a field of its own. */
export const byParameter: readonly Row[] = [
  // OpenAI: "param": "messages[0].role". FastAPI: "loc": ["body", "messages", 0, "role"]. Volcengine: messages.role.
  { says: /^(messages?\b.*\brole|system\w*)$/i, cause: always({ about: 'system' }) },
  { says: /^(tool|function)_?(choice|call)\b/i, cause: always({ about: 'tool_choice' }) },
  // FastAPI: "loc": ["body", "response_format", "json_schema", "strict"].
  { says: /\.strict$/, cause: always({ about: 'strict' }) },
  {
    says: /\.(minItems|maxItems|uniqueItems|enum)$/,
    cause: ([, keyword]) => ({ about: 'keyword', keyword: keyword! }),
  },
  // Cerebras: "param": "response_format". OpenAI: "response_format.type", "tools[0].function.parameters".
  {
    says: /^(response_?format|json_schema|output_(format|config)|text\.format|generation_?config\.response|guided_|structured_outputs|tools?\b|functions?\b)/i,
    cause: always({ about: 'format' }),
  },
  { says: /^max_?(completion_?|output_?|new_?)?tokens$/i, cause: always({ about: 'token_parameter' }) },
  { says: /^stream$/i, cause: always({ about: 'stream' }) },
  { says: new RegExp(`(?:^|[.\\]])(${parameterNames})\\b`, 'i'), cause: ([, name]) => named(name) },
  // OpenRouter and the Responses API: reasoning.effort.
  { says: /^(reasoning|thinking)\b/i, cause: always({ about: 'reasoning_effort', accepted: undefined }) },
]

const not =
  "(?:not? (?:currently )?(?:be )?(?:support|allow|enabled?|available|accept|permit|implement|compatible|valid|recogni[sz])|(?:does|do|is|are|can)(?:n't|n’t|not) (?:currently )?(?:support|allow|enabled?|available|accept|permit)|unsupported|unavailable|deprecated|unknown|unrecogni[sz]ed|invalid|illegal|unexpected|extra_forbidden|extra inputs|cannot find field|不支持|非法|无效|不可用|不能|未开放|暂未)"
/** Both within one sentence, in any order. */
const together = (what: string) => new RegExp(`(?:${what})[^\\n]{0,80}?${not}|${not}[^\\n]{0,60}?(?:${what})`, 'i')

/** Rejections as endpoints word them. First row that fits decides, so what is said more exactly stands first. */
export const byWords: readonly Row[] = [
  {
    // DashScope: "This model only support stream mode", "must be set to false for non-streaming calls"; in Chinese 非流式.
    // ModelScope: "enable thinking can not be support when `stream=False`".
    says: /non-?streaming|stream\W?=\W?false|only supports? stream|(?:must|please) (?:set|enable|use) (?:the )?[`'"]?stream|stream\W+(?:must|should) be (?:set to )?true|非流式|仅支持流式|只支持流式/i,
    cause: always({ about: 'stream' }),
  },
  {
    // Templates of Gemma, Mistral and Llama 2: "System role not supported", "Conversation roles must alternate
    // user/assistant/…", "Only user and assistant roles are supported!". Gemma at Gemini: "Developer instruction is not
    // enabled for models/gemma-3-27b-it". Bedrock: "This model doesn't support system messages". MiniMax: "chat content
    // has invalid message role: system". OpenAI o1-mini: "'messages[0].role' does not support 'system'".
    says: new RegExp(
      [
        together(
          '(?:system|developer)[\'"`]?[ _-]?(?:role|message|prompt|instruction)s?|(?:role|instruction)s?\\W{1,4}(?:system|developer)|system ?(?:角色|消息|提示)',
        ).source,
        'roles? must alternate',
        'only .{0,40}roles? .{0,40}support|(?:must|should) be .{0,20}[\'"`]?user[\'"`]? (?:or|and) [\'"`]?assistant',
        '\\.role\\W.{0,40}does not support|first message .{0,40}(?:role|from|be).{0,20}user|第一条.{0,30}user',
        'role\\W{0,4}(?:必须|只能|仅|不能|不支持|错误)|角色.{0,8}(?:错误|不支持|非法|必须)|不支持.{0,6}(?:角色|system)',
      ].join('|'),
      'i',
    ),
    cause: always({ about: 'system' }),
  },
  {
    // OpenAI: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    says: new RegExp(
      `use ['"\`]?max_(?:completion_)?tokens['"\`]? instead|${together('\\bmax_(?:completion_)?tokens').source}`,
      'i',
    ),
    cause: always({ about: 'token_parameter' }),
  },
  {
    // OpenAI: "'reasoning_effort' does not support 'none' with this model. Supported values are: 'minimal', 'low', …".
    // Groq: "reasoning_effort must be one of none or default".
    says: /reasoning[_ ]?effort['"`]?\W.{0,80}?(?:supported values are|must be one of):? ([^.]{1,200})/i,
    cause: ([, values]) => ({ about: 'reasoning_effort', accepted: leastEffort(values ?? '') }),
  },
  {
    // OpenAI: "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions."
    says: /tools with reasoning_effort are not supported/i,
    cause: always({ about: 'reasoning_effort', accepted: 'none' }),
  },
  {
    // Gemini: "too many states for serving". OpenAI: "Expected at most 1000 enum values in total". Anthropic: "The
    // compiled grammar is too large". llama.cpp: "Failed to initialize samplers: failed to parse grammar".
    says: /too many states|grammar .{0,20}too (?:large|big|complex)|enum values in total|schema .{0,60}too (?:large|big|complex|long|many)|too (?:large|complex|many).{0,40}schema|schema.{0,20}complexity|enum\w*.{0,40}(?:too (?:many|large|long)|exceed)|failed to initialize samplers/i,
    cause: always({ about: 'enum' }),
  },
  // Gemini: "enum: only allowed for STRING type", of the parameters of a function.
  { says: /enum: only allowed for STRING/i, cause: always({ about: 'format' }) },
  // LM Studio: "Invalid tool_choice type: 'object'. Supported string values: none, auto, required".
  { says: /tool_?choice.{0,40}(object|string)/i, cause: always({ about: 'tool_choice' }) },
  // DeepSeek: "deepseek-reasoner does not support this tool_choice".
  { says: /tool_choice/i, cause: always({ about: 'format' }) },
  {
    // LiteLLM: "litellm.UnsupportedParamsError: ollama_chat does not support parameters: ['response_format']".
    says: /does not support parameters: [[{]([^\]]{1,200})/i,
    cause: ([, list]) =>
      /response_format|tools/.test(list ?? '')
        ? { about: 'format' }
        : named(new RegExp(parameterNames, 'i').exec(list ?? '')?.[0]),
  },
  {
    says: /json_schema\W{1,4}strict|'strict'|"strict"|`strict`|\bstrict mode\b/i,
    cause: always({ about: 'strict' }),
  },
  {
    // OpenAI: "'uniqueItems' is not permitted." Anthropic: "For 'array' type, property 'maxItems' is not supported".
    // Cerebras: "Unsupported JSON schema fields: {'minItems', 'items'}".
    says: /(?:'|"|`|unsupported feature |keyword )(minItems|maxItems|uniqueItems|additionalProperties|enum)(?:'|"|`|\b)/,
    cause: ([, keyword]) =>
      keyword === 'additionalProperties' ? { about: 'format' } : { about: 'keyword', keyword: keyword! },
  },
  {
    // vLLM: "The provided JSON schema contains features not supported by xgrammar."
    says: /schema contains features not supported|failed to (?:parse|compile|convert).{0,20}(?:grammar|schema)|invalid (?:json )?schema|grammar error/i,
    cause: always({ about: 'enum' }),
  },
  {
    // Gemini: "Logprobs is not enabled for models/gemini-2.5-pro". Bedrock: "`temperature` is deprecated for this model."
    // xAI: "Model grok-4-1-fast does not support parameter reasoningEffort." Zhipu: "temperature参数非法".
    says: new RegExp(`(?<![a-z])(${parameterNames})(?![a-z])`, 'i'),
    cause: ([, name]) => named(name),
  },
  {
    // DeepSeek: "This response_format type is unavailable now". OpenRouter: "No endpoints found that support tool use".
    // llama.cpp: "tools param requires --jinja flag". Volcengine, Zhipu, Baidu in Chinese.
    says: /response[_ ]?format|json[_ ]?schema|json_object|json[ _]?mode|output_format|structured[_ ]?outputs?|guided[_ ](?:json|decoding)|grammar|must contain the word 'json'|requested parameters|\btools?\b|function[_ ]?call|结构化|输出格式|JSON ?(?:模式|格式)|工具调用|函数调用/i,
    cause: always({ about: 'format' }),
  },
]

/** The smallest of the efforts that the endpoint says it takes. */
function leastEffort(values: string): string | undefined {
  return ['none', 'minimal', 'low', 'medium'].find(effort => values.includes(effort))
}
