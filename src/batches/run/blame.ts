import type { BatchSettings } from '../../core/batch/batch-settings.ts'
import type { ErrorCode } from '../../core/outcome.ts'

/** Who is to blame for a failure: the document, a setting that holds for all of them, one of the two, or the endpoint. */
export type Blame = 'document' | 'setting' | 'unclear' | 'endpoint'

export interface Circumstances {
  readonly settings: BatchSettings
  /** Who pays for what is asked to find out. */
  readonly account: string
  readonly signal: AbortSignal
}

/** Tells a setting under which no document can be answered from a document that fails by itself. */
export interface SettingFaults {
  /** A model answered a document of this batch. */
  answered(batchId: string): void
  /** Who is to blame for a failure that a setting may cause as well as a document; `document` for any other. */
  blame(
    item: { readonly batchId: string; readonly seq: number; readonly attempts: number },
    code: ErrorCode,
    circumstances: Circumstances,
  ): Promise<Blame>
}

/** What is asked of which endpoint, and who pays. */
export interface Probed {
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
