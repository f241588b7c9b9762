import { postMany } from './raw-requests.ts'
import type { Scenario } from './scenario.ts'

const bodyOf = (request: number): string => {
  const description = 'What a tag of this list is for, said at some length, so that the list is large. '.repeat(2)
  const tags = Array.from({ length: 4_200 }, (_, id) => ({
    id: id + 1,
    name: `subject ${request * 5_000 + id}`,
    description,
  }))
  return JSON.stringify({ id: '1', text: `Text ${request}: a router.`, tags, max_tags: 1 + (request % 3) })
}

const attack: Scenario['attack'] = async target => ({
  saw: await postMany(target, { count: 161, atOnce: 8, path: '/classify', type: 'application/json', body: bodyOf }),
})

export const scenario: Scenario = {
  name: 'own-lists',
  about: '161 requests of 1 MB, each with a list of its own',
  longest: 60_000,
  attack,
}
