import type { Client } from '../../client/index.ts'
import type { BatchReport } from '../../core/batch/batch-report.ts'
import { createStatusLine } from '../common/status-line.ts'
import { exitCodes, type Terminal } from '../terminal.ts'
import { barOf, progressLine } from './batch-progress.ts'
import { createReconnect, mayPass } from './reconnect.ts'

export interface WatchOptions {
  readonly terminal: Terminal
  /** Whether the service was heard of before. */
  readonly isKnown: boolean
}

/** Follows a batch until it has ended: a bar on a terminal, elsewhere a line for each state. */
export async function watchBatch(
  { watch }: Pick<Client['batches'], 'watch'>,
  id: string,
  { terminal, isKnown }: WatchOptions,
): Promise<number> {
  const { stderr } = terminal
  const left = new AbortController()
  const stop = terminal.onInterrupt?.(() => left.abort())
  const status = createStatusLine(terminal)
  const reconnect = createReconnect({ isKnown, note: status.note, signal: left.signal })
  let last: BatchReport | undefined
  try {
    for (let hasEnded = false; !hasEnded; ) {
      try {
        for await (const report of watch(id, { signal: left.signal })) {
          reconnect.heard()
          last = report
          if (status.isShown) status.draw(barOf(report))
          else stderr.write(`${progressLine(report)}\n`)
        }
        hasEnded = true
      } catch (error) {
        await reconnect.after(error)
      }
    }
  } catch (error) {
    status.end()
    if (left.signal.aborted) {
      const again = `"tagsmith batch watch ${id}" follows it again, "tagsmith batch cancel ${id}" ends it`
      stderr.write(`${id} runs on without you: ${again}\n`)
      return exitCodes.interrupted
    }
    if (mayPass(error)) stderr.write(`"tagsmith batch watch ${id}" follows it again, once the service is back\n`)
    throw error
  } finally {
    status.end()
    stop?.()
  }
  return last?.status === 'completed' && last.request_counts.failed === 0 ? exitCodes.ok : exitCodes.failure
}
