/** What is known of an endpoint before it is asked. A hint: what it really takes is learned from its answers. */
export interface ProviderProfile {
  readonly name: string
  /** Which parameter limits the reply. */
  readonly tokenParameter: 'max_tokens' | 'max_completion_tokens'
  /** Whether `prompt_cache_key` is understood. */
  readonly cacheKey: boolean
}

const profiles: readonly (ProviderProfile & { readonly host: RegExp })[] = [
  { host: /(^|\.)api\.openai\.com$/, name: 'openai', tokenParameter: 'max_completion_tokens', cacheKey: true },
  { host: /\.openai\.azure\.com$/, name: 'azure', tokenParameter: 'max_completion_tokens', cacheKey: true },
  { host: /(^|\.)api\.mistral\.ai$/, name: 'mistral', tokenParameter: 'max_tokens', cacheKey: true },
]

/** A host that nobody wrote a row for gets the smallest request that can work. */
const unknownHost: ProviderProfile = { name: 'openai-compatible', tokenParameter: 'max_tokens', cacheKey: false }

export const profileOf = (baseUrl: string): ProviderProfile =>
  profiles.find(({ host }) => host.test(new URL(baseUrl).hostname)) ?? unknownHost
