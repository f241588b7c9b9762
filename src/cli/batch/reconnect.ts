import { setTimeout as sleep } from 'node:timers/promises'
import type { TagsmithError } from '../../client/index.ts'
import { isTagsmithError } from '../terminal.ts'

/** How long a service that does not answer is waited for, and how often it is asked meanwhile, in milliseconds. */
const giveUpAfterMs = 600_000
const firstWaitMs = 500
const longestWaitMs = 10_000

export interface ReconnectOptions {
  /** Whether the service was heard of before. */
  readonly isKnown: boolean
  /** Told of each failure that is waited out. */
  readonly note: (text: string) => void
  readonly signal: AbortSignal
}

/** Waits out failures of a service that may pass, such as a restart. */
export function createReconnect({ isKnown, note, signal }: ReconnectOptions) {
  let known = isKnown
  let failures = 0
  let lastHeard = performance.now()
  let said = ''
  return {
    heard(): void {
      known = true
      failures = 0
      said = ''
      lastHeard = performance.now()
    },
    /** Resolves when it is time for another try. @throws the error where that is no use */
    async after(error: unknown): Promise<void> {
      const isLate = performance.now() - lastHeard > giveUpAfterMs
      known ||= !isNobodyThere(error as Error)
      // Where nobody was there at all, a person wants to know it at once.
      if (signal.aborted || !mayPass(error) || isLate || !known) throw error
      const { code, message, retryAfter = 0 } = error
      const words = `${code}: ${message} Trying again.`
      if (words !== said) note(words)
      said = words
      const waitMs = Math.min(longestWaitMs, Math.max(retryAfter * 1_000, firstWaitMs * 2 ** failures))
      failures += 1
      await sleep(waitMs, undefined, { signal }).catch(() => undefined)
    },
  }
}

/** Whether it may pass by itself. */
export const mayPass = (error: unknown): error is TagsmithError => isTagsmithError(error) && error.retryable

function isNobodyThere({ cause }: Error): boolean {
  const { code } = ((cause as Error | undefined)?.cause ?? {}) as { code?: string }
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND'
}
