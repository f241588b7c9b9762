import { chunkOf, headOf, openConnections, writeAll } from './raw-requests.ts'
import type { Scenario } from './scenario.ts'

const connections = 6
const pieces = 1_600
const blanks = ' '.repeat(65_536)

export const scenario: Scenario = {
  name: 'blank-bodies',
  about: `${connections} uploads of 100 MB of blanks`,
  longest: 25_000,
  async attack(target) {
    const { open, untilOver } = openConnections(target)
    for (let begun = 0; begun < connections; begun += 1) {
      const type = begun % 2 === 0 ? 'application/json' : 'application/x-ndjson'
      const head = headOf(target, '/batches', { 'content-type': type, 'transfer-encoding': 'chunked' })
      const piece = chunkOf(blanks)
      void writeAll(open(), [head, ...Array.from({ length: pieces }, () => piece), '0\r\n\r\n'])
    }
    return { saw: await untilOver() }
  },
}
