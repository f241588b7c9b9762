import { chunkOf, headOf, openConnections, writeAll } from './raw-requests.ts'
import type { Scenario } from './scenario.ts'

const connections = 800
const line = `{"id":1,"text":"${'half a line '.repeat(87_000)}`

export const scenario: Scenario = {
  name: 'half-sent-lines',
  about: `${connections} streams and uploads that send 1 MB of a line and never its end`,
  longest: 20_000,
  async attack(target) {
    const { open, untilOver } = openConnections(target)
    for (let begun = 0; begun < connections; begun += 1) {
      const path = begun % 2 === 0 ? '/classify' : '/batches'
      const head = headOf(target, path, { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' })
      void writeAll(open(), [head, chunkOf(line)])
    }
    return { saw: await untilOver() }
  },
}
