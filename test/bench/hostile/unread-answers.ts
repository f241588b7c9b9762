import { chunkOf, headOf, openConnections, writeAll } from './raw-requests.ts'
import type { Scenario } from './scenario.ts'

const connections = 100
const lines = 2_000

function* pieces(head: string, stream: number) {
  yield head
  for (let index = 0; index < lines; index += 1)
    yield chunkOf(`${JSON.stringify({ id: index, text: `Stream ${stream}, text ${index}: a tool for packets.` })}\n`)
}

export const scenario: Scenario = {
  name: 'unread-answers',
  about: `${connections} streams of ${lines} texts whose client reads no answer`,
  longest: 20_000,
  async attack(target) {
    const { open, untilOver } = openConnections(target)
    const head = headOf(target, '/classify?details=true', {
      'content-type': 'application/x-ndjson',
      'transfer-encoding': 'chunked',
    })
    for (let begun = 0; begun < connections; begun += 1) {
      const socket = open({ reads: false })
      void writeAll(socket, pieces(head, begun))
    }
    return { saw: await untilOver() }
  },
}
