import { progressInWords, type Tally } from '../../catalogue/index.ts'
import type { ServiceError } from '../../core/outcome.ts'
import { bar, createStatusLine } from '../common/status-line.ts'
import type { Terminal } from '../terminal.ts'

const progressEveryMs = 10_000
const redrawEveryMs = 100

/** A bar that is drawn again on a terminal; elsewhere a line now and then. */
export function createProgress(terminal: Terminal, total: number | undefined) {
  const status = createStatusLine(terminal)
  const start = performance.now()
  let last = status.isShown ? 0 : start
  let outage = ''
  let answered = 0
  const line = (tally: Readonly<Tally>) => {
    const text = progressInWords(tally, { total, elapsedMs: performance.now() - start })
    return status.isShown && total !== undefined
      ? `${bar(tally.kept + tally.answered + tally.failed - (tally.failures.not_asked ?? 0), total)} ${text}`
      : text
  }
  return {
    /** Once for each that is another, or came after answers. */
    tellOutage({ code, message }: ServiceError): void {
      const words = `${code}: ${message} Waiting for it.`
      if (words !== outage) status.note(words)
      outage = words
    },
    show(tally: Readonly<Tally>): void {
      if (tally.answered > answered) outage = ''
      answered = tally.answered
      const now = performance.now()
      if (now - last < (status.isShown ? redrawEveryMs : progressEveryMs)) return
      last = now
      if (status.isShown) status.draw(line(tally))
      else terminal.stderr.write(`${line(tally)}\n`)
    },
    end(tally: Readonly<Tally>): void {
      status.draw(line(tally))
      status.end()
    },
  }
}
