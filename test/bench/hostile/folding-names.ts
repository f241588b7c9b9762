import { postMany } from './raw-requests.ts'
import type { Scenario } from './scenario.ts'

/** The character that becomes eighteen others when it is normalised. */
const widest = '\u{fdfa}'

const bodyOf = (request: number): string => {
  const tags = Array.from({ length: 150 }, (_, id) => ({
    id: id + 1,
    name: `tag ${request} ${id}`,
    aliases: Array.from({ length: 9 }, (_, alias) => `${widest.repeat(240)}${request} ${alias}`),
  }))
  return JSON.stringify({ id: '1', text: `Text ${request}: a router.`, tags })
}

export const scenario: Scenario = {
  name: 'folding-names',
  about: 'twenty requests at once with lists of aliases that grow eighteenfold when normalised',
  longest: 40_000,
  async attack(target) {
    const saw = await postMany(target, {
      count: 40,
      atOnce: 20,
      path: '/classify',
      type: 'application/json',
      body: bodyOf,
    })
    return { saw }
  },
}
