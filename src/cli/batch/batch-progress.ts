import type { BatchReport } from '../../core/batch/batch-report.ts'
import { bar } from '../common/status-line.ts'

/** One line for people on how far a batch is. */
export function progressLine(report: BatchReport): string {
  const { total, completed, failed } = report.request_counts
  const parts = [
    report.pause_reason ? `${report.status} (${report.pause_reason})` : report.status,
    `${completed + failed} of ${total}`,
  ]
  if (failed > 0) parts.push(`${failed} failed`)
  if (report.items_per_second !== null) parts.push(`${report.items_per_second.toFixed(1)} a second`)
  if (report.seconds_left !== null) parts.push(`${durationOf(report.seconds_left)} left`)
  if (report.cost_usd !== null && report.cost_usd > 0) parts.push(`$${report.cost_usd.toFixed(4)}`)
  if (report.circuit !== 'closed') parts.push('the model endpoint is down')
  if (report.held_until !== null)
    parts.push(`its budget is spent until ${new Date(report.held_until * 1000).toISOString()}`)
  return parts.join(', ')
}

/** The same behind a bar. */
export function barOf(report: BatchReport): string {
  const { total, completed, failed } = report.request_counts
  return `${bar(completed + failed, total)} ${progressLine(report)}`
}

/** A batch in a list: which, from when, and how far. */
export const listLine = (report: BatchReport): string =>
  `${report.id}  ${new Date(report.created_at * 1000).toISOString()}  ${progressLine(report)}`

function durationOf(seconds: number): string {
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`
}
