import { headOf, openConnections } from './raw-requests.ts'
import type { Scenario } from './scenario.ts'

const connections = 400
const again = 20

export const scenario: Scenario = {
  name: 'half-sent-bodies',
  about: `${connections} requests that announce a body and send "{"`,
  longest: 15_000,
  async attack(target) {
    const { open, untilOver } = openConnections(target)
    const head = headOf(target, '/classify', { 'content-type': 'application/json', 'content-length': 1_000 })
    const hold = () => {
      open({ onClose: () => setTimeout(hold, again) }).write(`${head}{`)
    }
    for (let begun = 0; begun < connections; begun += 1) hold()
    return { saw: await untilOver() }
  },
}
