import type { ClientOptions } from 'openai'

export interface Access {
  readonly baseUrl: string
  /** Undefined for servers that ask for none. */
  readonly apiKey: string | undefined
  /** The most time one call may take, in milliseconds. */
  readonly timeout: number
}

export const clientOptions = ({ baseUrl, apiKey, timeout }: Access): ClientOptions => ({
  baseURL: baseUrl,
  apiKey: apiKey ?? 'none',
  // Left out, each of these would be taken from an OPENAI_* variable and sent to whoever runs the endpoint.
  organization: null,
  project: null,
  adminAPIKey: null,
  webhookSecret: null,
  logLevel: 'off',
  maxRetries: 0,
  timeout,
})
