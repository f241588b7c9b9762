import { parentPort, workerData } from 'node:worker_threads'
import type { Outcome, Scenario } from './scenario.ts'

/** The thread that attacks: nothing it does may take time from the client that is measured. */
const { module, longest, ...target } = workerData as {
  readonly module: string
  readonly longest: number
  readonly url: string
  readonly port: number
  readonly key: string
  readonly adminKey: string
}
const { scenario } = (await import(module)) as { readonly scenario: Scenario }
const outcome: Outcome = await scenario.attack({ ...target, signal: AbortSignal.timeout(longest) })
parentPort!.postMessage(outcome)
