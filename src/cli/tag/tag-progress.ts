import { bar, progressInWords, type Tally } from '../../catalogue/index.ts'
import type { Terminal } from '../terminal.ts'

const progressEveryMs = 10_000
const redrawEveryMs = 100

/** A bar that is drawn again on a terminal; elsewhere a line now and then. */
export function createProgress({ stderr }: Terminal, total: number | undefined) {
  const isTerminal = 'isTTY' in stderr && stderr.isTTY === true
  const start = performance.now()
  let last = isTerminal ? 0 : start
  const line = (tally: Readonly<Tally>) => {
    const text = progressInWords(tally, { total, elapsedMs: performance.now() - start })
    return isTerminal && total !== undefined
      ? `${bar(tally.kept + tally.answered + tally.failed - (tally.failures.not_asked ?? 0), total, 24)} ${text}`
      : text
  }
  const redraw = (tally: Readonly<Tally>) => {
    const columns = ('columns' in stderr && Number(stderr.columns)) || 80
    stderr.write(`\r\x1b[K${line(tally).slice(0, columns - 1)}`)
  }
  return {
    show(tally: Readonly<Tally>): void {
      const now = performance.now()
      if (now - last < (isTerminal ? redrawEveryMs : progressEveryMs)) return
      last = now
      if (isTerminal) redraw(tally)
      else stderr.write(`${line(tally)}\n`)
    },
    end(tally: Readonly<Tally>): void {
      if (!isTerminal) return
      redraw(tally)
      stderr.write('\n')
    },
  }
}
