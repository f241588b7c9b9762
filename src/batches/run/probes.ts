import { LRUCache } from 'lru-cache'
import type { Classifier } from '../../classify/index.ts'
import type { BatchSettings } from '../../core/batch/batch-settings.ts'
import { type ErrorCode, ServiceError } from '../../core/outcome.ts'
import { requestOf } from '../upload-entries.ts'
import { type Blame, isAnswered } from './item-ending.ts'

export interface SettingFaultsOptions {
  readonly classifier: Classifier
  readonly log: Pick<Console, 'warn'>
}

export interface BlamedItem {
  readonly batchId: string
  readonly seq: number
  readonly attempts: number
}

interface Circumstances {
  readonly settings: BatchSettings
  readonly account: string
  readonly signal: AbortSignal
}

/** Tells a setting under which no document can be answered from a document that fails by itself. */
export interface SettingFaults {
  /** A model answered a document of this batch. */
  answered(batchId: string): void
  /** Who is to blame for a failure that a setting may cause as well as a document; `document` for any other. */
  blame(item: BlamedItem, code: ErrorCode, circumstances: Circumstances): Promise<Blame>
}

/** What a probe found: the setting's fault, none, or nothing, as the endpoint had no time. */
type Finding = 'faulty' | 'sound' | 'unknown'

interface Batch {
  /** Different documents that failed so since the last one that was answered. */
  readonly failing: Set<number>
  probe: Promise<Finding> | undefined
}

interface Suspicion {
  /** So many different documents in a row have to fail so before it is asked whether a setting is the cause. */
  readonly documents: number
  /** So often one document is tried before it is asked whether it is the cause itself. */
  readonly tries: number
}

/** Failures that one document can cause as well as a setting. A filter tells what it is, and is seldom about all. */
const suspicions: Partial<Record<ErrorCode, Suspicion>> = {
  upstream_auth: { documents: 2, tries: 2 },
  upstream_config: { documents: 2, tries: 2 },
  blocked: { documents: 5, tries: 1 },
}
/** The endpoint answered, though not to our liking. */
const answers: readonly ErrorCode[] = ['invalid_reply', 'truncated', 'refused']
const mostTries = 5
/** Documents that fail together are told what one probe found. */
const findingHoldsMs = 2_000
const batchesKept = 1_000
const harmless =
  '# Packet tracer\n\nTraces packets through the network stack of a machine and shows them in a terminal.'

export function createSettingFaults({ classifier, log }: SettingFaultsOptions): SettingFaults {
  const batches = new LRUCache<string, Batch>({ max: batchesKept })
  const stateOf = (batchId: string): Batch => {
    const state = batches.get(batchId) ?? { failing: new Set(), probe: undefined }
    batches.set(batchId, state)
    return state
  }

  /** The batch's own list and prompt, and a text that is nobody's. */
  async function ask({ settings, account, signal }: Circumstances): Promise<Finding> {
    try {
      const request = requestOf(JSON.stringify({ text: harmless, cache: false }), settings)
      await classifier.classify(request, {
        ...{ signal, account, background: true, canWait: true },
        endpoint: settings.endpoint,
      })
      return 'sound'
    } catch (thrown) {
      if (!(thrown instanceof ServiceError)) return 'unknown'
      if (answers.includes(thrown.code)) return 'sound'
      return thrown.code in suspicions ? 'faulty' : 'unknown'
    }
  }

  function probe(state: Batch, circumstances: Circumstances): Promise<Finding> {
    if (state.probe) return state.probe
    const finding = ask(circumstances)
    state.probe = finding
    void finding.then(() => setTimeout(() => (state.probe = undefined), findingHoldsMs).unref())
    return finding
  }

  return {
    answered: batchId => batches.get(batchId)?.failing.clear(),
    async blame({ batchId, seq, attempts }, code, circumstances) {
      const suspicion = suspicions[code]
      if (suspicion === undefined) return 'document'
      const state = stateOf(batchId)
      state.failing.add(seq)
      const documents = state.failing.size
      const isTried = attempts >= suspicion.tries
      if (documents < suspicion.documents) {
        if (!isTried) return 'unclear'
        if (suspicion.tries === 1) return 'document'
      }
      const finding = await probe(state, circumstances)
      if (finding === 'faulty') {
        log.warn({ batch: batchId, code, documents }, 'documents fail one after another, and a probe without one too')
        return 'setting'
      }
      state.failing.clear()
      if (!isTried || (finding === 'unknown' && attempts < mostTries)) return 'unclear'
      log.warn({ batch: batchId, item: seq, code }, 'an item fails by itself: a probe without its text was answered')
      return 'document'
    },
  }
}

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
const outageHoldsMs = 1_000

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
    void finding.then(isUp => (isUp ? forget() : setTimeout(forget, outageHoldsMs).unref()))
    return finding
  }

  return {
    answered,
    probe,
    isUp: async (probed, since) => stateOf(probed).answeredFrom > since || probe(probed),
  }
}
