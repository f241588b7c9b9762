import type { Classifier } from '../../classify/index.ts'
import type { BatchSettings } from '../../core/batch/batch-settings.ts'
import { ServiceError } from '../../core/outcome.ts'
import { requestOf } from '../items.ts'
import { isAnswered } from './item-retry.ts'
import { harmless } from './setting-faults.ts'

/** What is asked of which endpoint, and who pays. */
interface Probed {
  readonly settings: Pick<BatchSettings, 'endpoint' | 'prompt'>
  readonly account: string
}

/**
 * Tells an endpoint that is down from items that it cannot answer. A text of nobody's is asked about: those of items
 * may be what an endpoint fails on, whichever is taken. The lists of batches may be as well, so that of the prompt is
 * shown. A batch whose items fail while that text is answered ends, and one that waits for its endpoint burns no attempt.
 */
export interface EndpointProbe {
  /** An item that was begun then was answered. */
  answered(probed: Probed, begun: number): void
  /** Whether something that was begun later than that was answered; asks unless that is known. */
  isUp(probed: Probed, since: number): Promise<boolean>
  /** Asks, and ends the outage if there is an answer. One at a time. */
  probe(probed: Probed): Promise<boolean>
}

interface EndpointState {
  answeredFrom: number
  probe: Promise<boolean> | undefined
}

/** Items that fail together are told what one probe found. */
const findingHoldsMs = 1_000

export function createEndpointProbe({
  classifier,
  signal,
}: {
  classifier: Classifier
  signal: AbortSignal
}): EndpointProbe {
  const endpoints = new Map<string, EndpointState>()
  let count = 0

  function stateOf({ settings: { endpoint, prompt } }: Probed): EndpointState {
    const key = JSON.stringify([endpoint, prompt])
    const state = endpoints.get(key) ?? { answeredFrom: Number.NEGATIVE_INFINITY, probe: undefined }
    endpoints.set(key, state)
    return state
  }

  function answered(probed: Probed, begun: number): void {
    const state = stateOf(probed)
    state.answeredFrom = Math.max(state.answeredFrom, begun)
  }

  async function ask(probed: Probed): Promise<boolean> {
    const begun = performance.now()
    const { settings, account } = probed
    const { endpoint, prompt } = settings
    count += 1
    // No gateway that keeps answers has one for a text that is new.
    const document = JSON.stringify({ text: `${harmless}\n\nBuild ${count}.`, cache: false })
    try {
      await classifier.classify(requestOf(document, { ...(prompt !== undefined && { prompt }) }), {
        ...{ signal, account, endpoint, background: true, canWait: true },
      })
    } catch (error) {
      if (!(error instanceof ServiceError && isAnswered(error.code))) return false
    }
    answered(probed, begun)
    return true
  }

  function probe(probed: Probed): Promise<boolean> {
    const state = stateOf(probed)
    if (state.probe) return state.probe
    const finding = ask(probed)
    state.probe = finding
    const forget = () => {
      state.probe = undefined
    }
    void finding.then(isUp => (isUp ? forget() : setTimeout(forget, findingHoldsMs).unref()))
    return finding
  }

  return {
    answered,
    probe,
    isUp: async (probed, since) => stateOf(probed).answeredFrom > since || probe(probed),
  }
}
