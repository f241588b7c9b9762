import type { TagId } from './tags/tag-list.ts'

/** What was measured of an engine: how often it is right when it says how sure it is. */
export interface Calibration {
  probability(tag: TagId, confidence: number): number
  /** From which probability of every tag on an answer needs no second look; undefined where no such one was found. */
  readonly promise: CertaintyPromise | undefined
}

export interface CertaintyPromise {
  readonly least: number
  /** Of the answers above, at most this share is wrong, with 95 % certainty. */
  readonly error: number
  /** The share that was wrong of those it was measured on. */
  readonly wrong: number
}

/** What a measurement holds for: where one of these changes, it is void. */
export interface CalibratedEngine {
  readonly endpoint: string
  readonly model: string
  readonly prompt: string
  readonly tagList: string
}

export interface Calibrations {
  of(engine: CalibratedEngine): Calibration | undefined
}
