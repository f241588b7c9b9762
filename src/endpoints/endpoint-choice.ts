import { hash } from 'node:crypto'
import { type Asking, isMeant } from '../core/endpoint-names.ts'
import type { CircuitState, Endpoint } from '../core/model/endpoint.ts'

/** Closed as long as one of those that would be asked takes calls of this caller. */
export function circuitOf(
  endpoints: readonly [Endpoint, ...Endpoint[]],
  { prompt, endpoint, caller }: { prompt: Asking | undefined; endpoint: string | undefined; caller: string },
): CircuitState {
  const model = prompt?.settings.model
  const asked = endpoint === undefined ? endpoints : endpoints.filter(other => isMeant(other, endpoint))
  const states = asked.map(other => other.circuit(other === endpoints[0] ? model : undefined, { caller }))
  // None at all is told to each item in words.
  return (['closed', 'half_open', 'open'] as const).find(state => states.includes(state)) ?? 'closed'
}

/**
 * A hash of who is asked, and of what else is given. Whoever keeps answers asks again under another one, so it holds
 * nothing whose change would not make other answers.
 */
export function engineVersion(endpoints: readonly Endpoint[], more: readonly unknown[]): string {
  const asked = endpoints.map(({ name, model }) => [name, model])
  return hash('sha256', JSON.stringify([asked, ...more]), 'hex').slice(0, 16)
}
