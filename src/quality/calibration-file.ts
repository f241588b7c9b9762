import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Calibrations } from '../core/calibration.ts'
import { ConfigError } from '../core/faults.ts'
import { Calibration, calibrated } from './calibration.ts'

const CalibrationFile = z.strictObject({ version: z.literal(1), calibrations: z.array(Calibration) })

type Engine = Calibration['of']
const keyOf = ({ endpoint, model, prompt, tag_list, settings }: Engine) =>
  JSON.stringify([endpoint, model, prompt, tag_list, settings])

/** @throws ConfigError */
function readCalibrations(file: string): readonly Calibration[] {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new ConfigError([`CALIBRATION_FILE: ${file} cannot be read (${(error as Error).message})`])
  }
  try {
    return CalibrationFile.parse(JSON.parse(content)).calibrations
  } catch {
    throw new ConfigError([`CALIBRATION_FILE: ${file} is not what tagsmith calibrate writes; run it again`])
  }
}

/** Beside those of other engines, in the place of an earlier one of the same. @throws ConfigError */
export function saveCalibration(file: string, calibration: Calibration): void {
  const others = readCalibrations(file).filter(({ of }) => keyOf(of) !== keyOf(calibration.of))
  const content: z.infer<typeof CalibrationFile> = { version: 1, calibrations: [...others, calibration] }
  mkdirSync(dirname(file), { recursive: true })
  // Written whole and then put in its place, so that a service that reads it never finds half of it.
  const half = `${file}.${process.pid}`
  writeFileSync(half, `${JSON.stringify(content, null, 1)}\n`)
  renameSync(half, file)
}

const lookEveryMs = 1_000

export interface CalibrationsOptions {
  readonly file: string
  /** What of the settings confidences depend on: others, and what was measured is void. */
  readonly settings: string
  readonly log?: Pick<Console, 'warn'> | undefined
}

/** What was measured, as the file says now: it may be written while the service runs. @throws ConfigError */
export function createCalibrations({ file, settings, log }: CalibrationsOptions): Calibrations {
  let known = indexed()
  let state = stateOf(file)
  let lookedAt = performance.now()

  function indexed() {
    return new Map(readCalibrations(file).map(calibration => [keyOf(calibration.of), calibration]))
  }

  function look(): void {
    if (performance.now() - lookedAt < lookEveryMs) return
    lookedAt = performance.now()
    const now = stateOf(file)
    if (now === state) return
    state = now
    try {
      known = indexed()
    } catch (error) {
      log?.warn({ err: error }, 'the calibration cannot be read; what was known of it stays in force')
    }
  }

  return {
    of({ endpoint, model, prompt, tagList }) {
      look()
      if (known.size === 0) return undefined
      const found = known.get(keyOf({ endpoint, model, prompt, tag_list: tagList, settings }))
      if (!found) return undefined
      const { promise } = found
      return {
        probability: (tag, confidence) => calibrated(found, String(tag), confidence),
        promise: promise ? { least: promise.review_below, error: promise.error, wrong: promise.wrong } : undefined,
      }
    },
  }
}

function stateOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false })
  return found ? `${found.ino} ${found.mtimeMs} ${found.size}` : ''
}
