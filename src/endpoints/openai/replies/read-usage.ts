import { mostTokensOfCall, type Usage } from '../../../core/usage.ts'

/**
 * Where endpoints write a figure: the first of these that holds one counts. The words of chat completions come first,
 * then those of the Responses API and of Anthropic, which gateways pass on.
 */
const places = {
  prompt: ['prompt_tokens', 'input_tokens'],
  completion: ['completion_tokens', 'output_tokens'],
  total: ['total_tokens'],
  reasoning: [
    'completion_tokens_details.reasoning_tokens',
    'output_tokens_details.reasoning_tokens',
    // Perplexity: "reasoning_tokens: Number of tokens used for reasoning", in its schema UsageInfo.
    'reasoning_tokens',
  ],
  cached: [
    'prompt_tokens_details.cached_tokens',
    'input_tokens_details.cached_tokens',
    // DeepSeek: https://api-docs.deepseek.com/guides/kv_cache
    'prompt_cache_hit_tokens',
    // Anthropic: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
    'cache_read_input_tokens',
  ],
  written: [
    'prompt_tokens_details.cache_write_tokens',
    'input_tokens_details.cache_write_tokens',
    'cache_creation_input_tokens',
  ],
} as const

/**
 * The tokens of a call. Most endpoints count reasoning within `completion_tokens`, and cached tokens within
 * `prompt_tokens`; some count them beside it. `total_tokens` decides where they tell it: what it holds over prompt and
 * completion stands beside them. Without it, a part that is larger than its whole cannot be within it.
 */
export function readUsage(wire: unknown): Usage {
  const { prompt, completion, total, reasoning, cached, written } = figuresOf(wire)
  const ofCache = (cached ?? 0) + (written ?? 0)
  // A total that no call can have decides nothing.
  const whole = total !== null && total < mostTokensOfCall ? total : null
  const over = whole === null || prompt === null || completion === null ? 0 : Math.max(0, whole - prompt - completion)
  const isCacheBeside = prompt !== null && (ofCache > prompt || (ofCache > 0 && over === ofCache && over !== reasoning))
  const besidePrompt = isCacheBeside ? ofCache : 0
  const thoughtOver = Math.max(0, over - besidePrompt)
  const isThoughtLarger = completion !== null && reasoning !== null && reasoning > completion
  const besideCompletion = isThoughtLarger ? Math.max(reasoning, thoughtOver) : thoughtOver
  const input = sum(prompt ?? rest(whole, completion), besidePrompt)
  const output = sum(completion ?? rest(whole, prompt), besideCompletion)
  const read = within(cached, input)
  return {
    input_tokens: input,
    cached_input_tokens: read,
    cache_write_tokens: within(written, rest(input, read ?? 0)),
    output_tokens: output,
    // Gemini counts thoughts in the total and names them nowhere.
    reasoning_tokens: within(reasoning ?? (besideCompletion > 0 ? besideCompletion : null), output),
  }
}

/** Where endpoints tell what a call cost, and how many of its unit make a US dollar. */
const prices = [
  // xAI, https://github.com/Wei-Shaw/sub2api/issues/5771: "1 USD = 1e10 ticks".
  { place: ['cost_in_usd_ticks'], ofDollar: 1e10 },
  // OpenRouter, https://openrouter.ai/docs/use-cases/usage-accounting: "The total amount charged to your account".
  { place: ['cost'], ofDollar: 1 },
  // Perplexity, its schema ResponsesCost: "Total cost for the request in USD".
  { place: ['cost', 'total_cost'], ofDollar: 1 },
] as const

/** Ten million tokens at the highest price there is are less. */
const mostDollarsOfCall = 10_000

/** What an endpoint says that a call cost, in US dollars; undefined where it says nothing, or nothing credible. */
export function readCost(wire: unknown): number | undefined {
  for (const { place, ofDollar } of prices) {
    const told = numberAt(wire, place)
    if (told === undefined) continue
    // With a key of one's own, OpenRouter charges its fee alone, and the provider charges what it calls upstream.
    const upstream = numberAt(wire, ['cost_details', 'upstream_inference_cost'])
    const ownKey = at(wire, ['is_byok']) === true
    if (ownKey && upstream === undefined) return undefined
    const dollars = told / ofDollar + (ownKey ? (upstream ?? 0) : 0)
    return dollars >= 0 && dollars <= mostDollarsOfCall ? dollars : undefined
  }
  return undefined
}

type Figures = Record<keyof typeof places, number | null>

const placesOf = Object.entries(places).map(([figure, paths]) => [figure, paths.map(path => path.split('.'))] as const)

const figuresOf = (wire: unknown) =>
  Object.fromEntries(placesOf.map(([figure, paths]) => [figure, firstCount(wire, paths)])) as Figures

function firstCount(wire: unknown, paths: readonly (readonly string[])[]): number | null {
  for (const path of paths) {
    const count = countOf(numberAt(wire, path))
    if (count !== null) return count
  }
  return null
}

const countOf = (value: number | undefined): number | null => {
  if (value === undefined || value < 0) return null
  if (value >= mostTokensOfCall) return mostTokensOfCall
  return Number.isInteger(value) ? value : null
}

const rest = (whole: number | null, part: number | null) =>
  whole === null || part === null ? null : Math.max(0, whole - part)
const sum = (count: number | null, more: number) => (count === null ? null : Math.min(count + more, mostTokensOfCall))
const within = (part: number | null, whole: number | null) =>
  part === null || whole === null ? part : Math.min(part, whole)

function numberAt(wire: unknown, path: readonly string[]): number | undefined {
  const value = at(wire, path)
  return typeof value === 'number' ? value : undefined
}

const at = (wire: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], wire)
