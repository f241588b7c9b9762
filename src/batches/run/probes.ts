import { LRUCache } from 'lru-cache'
import type { Classifier } from '../../core/classifier.ts'
import { type ErrorCode, ServiceError } from '../../core/outcome.ts'
import { requestOf } from '../upload-entries.ts'
import type { Circumstances, EndpointProbe, Probed, SettingFaults } from './blame.ts'
import { isAnswered } from './item-ending.ts'

export interface SettingFaultsOptions {
  readonly classifier: Classifier
  readonly log: Pick<Console, 'warn'>
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

/** About a text that is nobody's, behind whoever waits for an answer. */
const ask = (classifier: Classifier, text: string, { settings, account, signal }: Circumstances) =>
  classifier.classify(requestOf(JSON.stringify({ text, cache: false }), settings), {
    ...{ signal, account, endpoint: settings.endpoint, background: true, canWait: true },
  })

export function createSettingFaults({ classifier, log }: SettingFaultsOptions): SettingFaults {
  const batches = new LRUCache<string, Batch>({ max: batchesKept })
  const stateOf = (batchId: string): Batch => {
    const state = batches.get(batchId) ?? { failing: new Set(), probe: undefined }
    batches.set(batchId, state)
    return state
  }

  /** Under the batch's own list and prompt. */
  async function find(circumstances: Circumstances): Promise<Finding> {
    try {
      await ask(classifier, harmless, circumstances)
      return 'sound'
    } catch (thrown) {
      if (!(thrown instanceof ServiceError)) return 'unknown'
      if (answers.includes(thrown.code)) return 'sound'
      return thrown.code in suspicions ? 'faulty' : 'unknown'
    }
  }

  function probe(state: Batch, circumstances: Circumstances): Promise<Finding> {
    if (state.probe) return state.probe
    const finding = find(circumstances)
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

  async function find(probed: Probed): Promise<boolean> {
    const begun = performance.now()
    const {
      account,
      settings: { endpoint, prompt },
    } = probed
    count += 1
    // No gateway that keeps answers has one for a text that is new.
    const text = `${harmless}\n\nBuild ${count}.`
    try {
      await ask(classifier, text, { settings: { endpoint, prompt }, account, signal })
    } catch (error) {
      if (!(error instanceof ServiceError && isAnswered(error.code))) return false
    }
    answered(probed, begun)
    return true
  }

  function probe(probed: Probed): Promise<boolean> {
    const state = stateOf(probed)
    if (state.probe) return state.probe
    const finding = find(probed)
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
