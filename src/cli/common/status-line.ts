import { isTerminal, type Terminal } from '../terminal.ts'

const barWidth = 24

/** `[#####.....]` */
export function bar(done: number, total: number): string {
  const filled = total === 0 ? barWidth : Math.min(barWidth, Math.round((done / total) * barWidth))
  return `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}]`
}

/** The last line of a terminal, which is written again and again. Where there is no terminal, nothing is. */
export function createStatusLine({ stderr }: Pick<Terminal, 'stderr'>) {
  const isShown = isTerminal(stderr)
  let shown: string | undefined
  const draw = (text: string) => {
    const columns = ('columns' in stderr && Number(stderr.columns)) || 80
    shown = text
    stderr.write(`\r\x1b[K${text.slice(0, columns - 1)}`)
  }
  return {
    isShown,
    draw: (text: string): void => {
      if (isShown) draw(text)
    },
    /** A line that stays, above the one that is written again. */
    note(text: string): void {
      const below = shown
      stderr.write(below === undefined ? `${text}\n` : `\r\x1b[K${text}\n`)
      if (below !== undefined) draw(below)
    },
    end(): void {
      if (shown !== undefined) stderr.write('\n')
      shown = undefined
    },
  }
}
