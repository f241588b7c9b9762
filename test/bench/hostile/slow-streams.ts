import { chunkOf, headOf, openConnections } from './raw-requests.ts'
import type { Scenario } from './scenario.ts'

const connections = 390

export const scenario: Scenario = {
  name: 'slow-streams',
  about: `${connections} streams of texts that send a blank a second`,
  longest: 20_000,
  async attack(target) {
    const { open, untilOver } = openConnections(target)
    const head = headOf(target, '/classify', {
      'content-type': 'application/x-ndjson',
      'transfer-encoding': 'chunked',
    })
    for (let begun = 0; begun < connections; begun += 1) {
      const socket = open()
      socket.write(head + chunkOf(' '))
      const timer = setInterval(() => socket.write(chunkOf(' ')), 1_000)
      socket.once('close', () => clearInterval(timer))
    }
    return { saw: await untilOver() }
  },
}
