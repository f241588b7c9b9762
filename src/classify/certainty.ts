import type { Finding } from '../answers/index.ts'
import type { Calibrations } from '../core/calibration.ts'
import type { DroppedTag } from '../core/classification.ts'
import type { ReadRequest } from '../core/model/task.ts'

/** The confidences of a finding as probabilities where that was measured, and what the request makes of them. */
export function weighed(finding: Finding, request: ReadRequest, calibrations: Calibrations | undefined): Finding {
  const { prompt, tagList, minConfidence, reviewBelow } = request
  const { endpoint, model } = finding.known
  const calibration = calibrations?.of({ endpoint, model, prompt: prompt.version, tagList: tagList.version })
  if (!calibration && minConfidence === 0 && reviewBelow === undefined) return finding
  const tags = finding.tags.map(tag =>
    tag.confidence === null || !calibration
      ? tag
      : { ...tag, confidence: calibration.probability(tag.id, tag.confidence) },
  )
  const sure = tags.filter(({ confidence }) => confidence === null || confidence >= minConfidence)
  const unsure = tags.filter(tag => !sure.includes(tag))
  const dropped = unsure.map(({ id }): DroppedTag => ({ reason: 'low_confidence', id }))
  return {
    ...finding,
    tags: sure,
    known: dropped.length > 0 ? { ...finding.known, dropped: [...finding.known.dropped, ...dropped] } : finding.known,
    calibrated: calibration !== undefined && sure.some(({ confidence }) => confidence !== null),
    // Nobody says how sure it is that nothing fits.
    needsReview: reviewBelow === undefined ? undefined : !isSure(sure, reviewBelow),
  }
}

/** Whether every tag is as sure as that; of none it cannot be said. */
export const isSure = (tags: readonly { readonly confidence: number | null }[], least: number): boolean =>
  tags.length > 0 && tags.every(({ confidence }) => confidence !== null && confidence >= least)
