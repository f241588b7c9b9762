import { strictestFormat } from '../../core/model/reply-format.ts'
import type { WireForm } from '../../core/model/wire-form.ts'

interface Reasoning {
  readonly model: RegExp
  /** The least thinking these models can be told to do. With `none` they take a temperature again. */
  readonly effort: 'none' | 'minimal' | 'low'
}

/** What is known of an endpoint before it is asked. A hint: what it really takes is learned from its answers. */
interface ProviderProfile {
  readonly host: RegExp
  readonly tokenParameter?: 'max_completion_tokens'
  /** Whether `prompt_cache_key` is understood. */
  readonly cacheKey?: true
  /** Models whose prompt cache holds nothing but what a request marks. */
  readonly breakpoints?: RegExp
  readonly reasoning?: readonly Reasoning[]
  /** What is known of its Batch API: the part of the live price it asks, and what it calls chat completions there. */
  readonly batches?: { readonly priceShare: number; readonly path?: string }
  /** Where it serves a decision contract, if not under the contract's own path. */
  readonly decisionPaths?: Readonly<Partial<Record<'decisions' | 'systemone', string>>>
  /** Goes into every request as it is. */
  readonly extra?: Readonly<Record<string, unknown>>
}

const reasoning: readonly Reasoning[] = [
  { model: /^gpt-(5\.[1-9]|[6-9])/, effort: 'none' },
  { model: /^gpt-5(-|$)/, effort: 'minimal' },
  { model: /^o\d/, effort: 'low' },
]

/** Unmarked, a changing document at the end is written to the cache at every call, at a surcharge, and never read. */
const breakpoints = /^gpt-(5\.([6-9]|\d\d)|[6-9])/

const profiles: readonly ProviderProfile[] = [
  {
    host: /(^|\.)api\.openai\.com$/,
    tokenParameter: 'max_completion_tokens',
    cacheKey: true,
    breakpoints,
    reasoning,
    batches: { priceShare: 0.5 },
  },
  {
    host: /\.(openai|services\.ai)\.azure\.com$/,
    tokenParameter: 'max_completion_tokens',
    cacheKey: true,
    breakpoints,
    reasoning,
    batches: { priceShare: 0.5, path: '/chat/completions' },
  },
  { host: /(^|\.)api\.groq\.com$/, batches: { priceShare: 0.5 } },
  { host: /(^|\.)api\.mistral\.ai$/, cacheKey: true },
  // https://docs.instructorphp.com/packages/polyglot/decision/perplexity: "POST https://api.perplexity.ai/v1/decisions. It
  // speaks the System One protocol".
  { host: /(^|\.)api\.perplexity\.ai$/, decisionPaths: { systemone: '/decisions' } },
  // Without it, an upstream that knows no schema drops it in silence.
  { host: /(^|\.)openrouter\.ai$/, extra: { provider: { require_parameters: true } } },
]

/** A host that nobody wrote a row for gets the smallest request that can work. */
const profileOf = (baseUrl: string): ProviderProfile =>
  profiles.find(({ host }) => host.test(new URL(baseUrl).hostname)) ?? { host: /$^/ }

export const batchesOf = (baseUrl: string): { priceShare?: number; path?: string } => profileOf(baseUrl).batches ?? {}

export const extraOf = (baseUrl: string): Readonly<Record<string, unknown>> => profileOf(baseUrl).extra ?? {}

export function initialFormOf(baseUrl: string, model: string): WireForm {
  const { tokenParameter = 'max_tokens', cacheKey, breakpoints: marked, reasoning: rows = [] } = profileOf(baseUrl)
  const effort = rows.find(row => row.model.test(model))?.effort ?? null
  const thinks = effort !== null && effort !== 'none'
  return {
    format: strictestFormat,
    toolChoice: 'named',
    tokenParameter,
    refusedTokenParameters: [],
    omitted: [
      ...(cacheKey ? [] : (['prompt_cache_key'] as const)),
      ...(marked?.test(model) ? [] : (['prompt_cache_options'] as const)),
      ...(thinks ? (['temperature', 'logprobs'] as const) : []),
    ],
    reasoningEffort: effort,
    stream: false,
    systemInUser: false,
    thinks,
  }
}

export const decisionPathOf = (baseUrl: string, api: 'decisions' | 'systemone'): string | undefined =>
  profileOf(baseUrl).decisionPaths?.[api]
