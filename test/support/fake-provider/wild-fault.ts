import type { JsonObject } from './schema-reading.ts'
import type { Draft } from './stand-in.ts'

/** A failure, or a shape of an answer, as it was reported of a real provider. What is left out stays as it is. */
export interface WildFault {
  /** Where it was read: the provider's document, or the report of somebody who met it. */
  readonly source: string
  /** What is sent in place of an answer; `waitMs` is what it asks the client to wait. */
  readonly answer?: (document: string, waitMs: number) => { status: number; type?: string; body: unknown }
  /** What becomes of the model's words. */
  readonly spoil?: (draft: Draft) => Draft
  /** What becomes of the counts; `cap` is the most tokens of the reply that were asked for. */
  readonly count?: (usage: JsonObject, cap: number) => JsonObject
  /** What becomes of a finished answer as a whole, and of its chunks where it streams. A string goes out as it is. */
  readonly whole?: (body: JsonObject) => unknown
  readonly stream?: (chunks: readonly JsonObject[]) => readonly (JsonObject | string)[]
}
