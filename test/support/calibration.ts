import { join } from 'node:path'
import { createServices } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import type { Calibration } from '../../src/quality/calibration.ts'
import { saveCalibration } from '../../src/quality/calibration-file.ts'
import { emptyFolder } from './command.ts'

interface Measured extends Partial<Pick<Calibration, 'map' | 'offsets' | 'promise'>> {
  readonly endpoint: string
  readonly model: string
  readonly prompt?: string
  readonly file?: string
}

/** Odds that are a tenth of what the engine says. */
export const tenth: Calibration['map'] = { kind: 'platt', slope: 1, offset: -Math.log(10) }
const rankerPromise = { error: 0.1, review_below: 0.8, coverage: 0.5, wrong: 0.04, accepted: 200 }
export const ofRanker = {
  ...{ endpoint: 'embedded-ranker', model: 'embedded-ranker', promise: rankerPromise },
  map: { kind: 'platt', slope: 1, offset: 0 },
} as const

/** The settings with a file in which an engine of theirs was measured. */
export async function withCalibration(
  env: Record<string, string>,
  { prompt = 'assign-tags', file = join(emptyFolder(), 'calibration.json'), ...measured }: Measured,
): Promise<Record<string, string>> {
  const { prompts, confidenceSettings: settings } = await createServices(loadConfig(env))
  const { version, tagList } = prompts.get(prompt)!
  const { endpoint, model, map = tenth, offsets = {}, promise = null } = measured
  const of = { endpoint, model, prompt: version, tag_list: tagList.version, settings }
  saveCalibration(file, { version: 1, of, pairs: 200, map, offsets, promise })
  return { ...env, CALIBRATION_FILE: file }
}
