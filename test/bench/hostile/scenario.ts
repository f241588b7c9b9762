import type { ServerResponse } from 'node:http'
import type { FakeProviderOptions } from '../../support/fake-provider/server.ts'

/** How a hostile endpoint answers texts that carry the name as a mark, `[[name]]`. */
export type Replies = Readonly<Record<string, (response: ServerResponse) => void>>

/** One thing that a hostile client, or a hostile text, does to a service that others use meanwhile. */
export interface Scenario {
  readonly name: string
  /** In one line, for whoever reads the report. */
  readonly about: string
  /** Settings beside those that every scenario has: keys, a data folder, one endpoint. */
  readonly env?: Readonly<Record<string, string>>
  /** How the endpoint behaves; runs where the measuring is, not where the attack is. */
  readonly provider?: FakeProviderOptions
  /** What some texts get in place of the endpoint's answer. */
  readonly replies?: Replies
  /** The most time that the attack takes, in milliseconds; it is cut off then, and that is no fault. */
  readonly longest: number
  /** Runs in a thread of its own, so that its work does not count as time of the service. */
  readonly attack: (target: Target) => Promise<Outcome>
}

export interface Target {
  readonly url: string
  readonly port: number
  /** The key of the attacker; the client that is measured has another one. */
  readonly key: string
  /** For looking at metrics and usage. */
  readonly adminKey: string
  /** Aborted a little before the attack is cut off. */
  readonly signal: AbortSignal
}

export interface Outcome {
  /** What the attacker saw: how many were refused, and with what. */
  readonly saw: string
  /** What else was promised and did not hold. */
  readonly short?: readonly string[]
}

/** How long the attack may take by default, and what it is measured against. */
export const limits = { p99Ms: 1_000, memoryMb: 500, errors: 0 }
