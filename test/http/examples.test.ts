import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadPrompts } from '../../src/prompts/prompt-files.ts'
import { emptyFolder } from '../support/command.ts'
import { completion, createWire } from '../support/endpoint.ts'
import { endpointSettings, startService, type TestService } from '../support/service.ts'

const wire = createWire()
const reply = { body: completion('{"tags":[36]}') }
const things = [...'abcdefghijklmnopqrstuvwxyz'].map(letter => `${letter}zorb`)
/** Texts that share their subject, and little else. */
const about = (place: number) =>
  `# ${things[place]}\n\nThe ${things[place]} of networking: ${things.slice(place + 1, place + 8).join(' ')} route packets.`
const asked = '# Wanted\n\nA wanted thing of networking: czorb dzorb route packets, and much besides.'

function promptsWith(settings: string, prompt = 'assign-tags'): string {
  const folder = emptyFolder()
  cpSync('prompts', folder, { recursive: true })
  const file = join(folder, prompt, 'prompt.yaml')
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n${settings}\n`)
  return folder
}

const give = ({ app }: TestService, payload: object) => app.inject({ method: 'POST', url: '/feedback', payload })
/** What the model was shown of a text. */
async function shown(service: TestService, text = asked): Promise<string> {
  wire.plays(reply)
  const answered = await service.classify({ text })
  expect([answered.statusCode, answered.headers['x-cache']]).toEqual([200, 'miss'])
  return wire.sent.at(-1)!.body.messages.at(-1)!.content
}
const examplesIn = (message: string) =>
  message
    .split('\n<document ')[0]!
    .split(/<example [\da-f]+>/)
    .slice(1)
const sets = [[36], [36, 57], [57], [1], [1, 36]]

test('from twenty confirmed on a model is shown the nearest, one of each tag set, with what was rejected', async () => {
  const service = await startService({
    ...{ ...endpointSettings, DATA_DIR: emptyFolder(), PROMPTS_DIR: promptsWith('examples: 2') },
  })
  for (let place = 0; place < 19; place += 1)
    await give(service, { text: about(place), accepted: sets[place % 5], rejected: [18] })
  expect(examplesIn(await shown(service))).toEqual([])
  await give(service, { text: about(19), accepted: [57] })
  const message = await shown(service)
  const examples = examplesIn(message)
  expect(examples).toHaveLength(2)
  expect(new Set(examples.map(example => /Tags: (.*?)\./.exec(example)?.[1])).size).toBe(2)
  expect(examples[0]).toMatch(/Tags: "[a-z-]+"(, "[a-z-]+")*\. Not: "[a-z-]+"\./)
  // Behind the list, which stays the same for all documents, and before the document.
  expect(wire.sent.at(-1)!.body.messages[0]!.content).toBe(wire.sent[0]!.body.messages[0]!.content)
  expect(message.trimEnd()).toMatch(/<document ([\da-f]+)>[\s\S]*Wanted[\s\S]*<\/document \1>$/)
})

test('neither a near-duplicate of the text is shown, nor more than sixty words of any', async () => {
  const service = await startService({
    ...{
      ...endpointSettings,
      DATA_DIR: emptyFolder(),
      FEEDBACK_TEXTS: 'true',
      PROMPTS_DIR: promptsWith('examples: 10'),
    },
  })
  const long = `${about(2)} ${Array.from({ length: 200 }, (_, word) => `word${word}`).join(' ')}`
  await give(service, { text: `${asked} A fork.`, accepted: [3] })
  await give(service, { text: long, accepted: [4] })
  for (let place = 3; place < 24; place += 1) await give(service, { text: about(place), accepted: sets[place % 5] })
  const message = await shown(service)
  expect(message).not.toContain('A fork')
  expect(message).toContain('word1 ')
  expect(message).not.toContain('word100')
  expect(examplesIn(message).length).toBeGreaterThan(3)
})

test('an answer is kept as long as the same examples are shown, whatever else is confirmed', async () => {
  const service = await startService({
    ...{ ...endpointSettings, DATA_DIR: emptyFolder(), PROMPTS_DIR: promptsWith('examples: 1\nlearn: true') },
  })
  for (let place = 0; place < 20; place += 1) await give(service, { text: about(place), accepted: sets[place % 5] })
  await shown(service)
  await give(service, { text: '# Bread\n\nHow to bake bread at home with rye and time.', accepted: [2] })
  expect((await service.classify({ text: asked })).headers['x-cache']).toBe('hit')
  const nearer =
    'A wanted thing of networking: czorb dzorb route packets. It is another thing, of other people and other times.'
  await give(service, { text: nearer, accepted: [36, 2] })
  expect(examplesIn(await shown(service))[0]).toContain('other people')
})

test('without the setting nothing is shown, and a template that shows none is told of', async () => {
  const service = await startService({ ...endpointSettings, DATA_DIR: emptyFolder() })
  for (let place = 0; place < 20; place += 1) await give(service, { text: about(place), accepted: sets[place % 5] })
  expect(await shown(service)).toMatch(/^<document /)
  await expect(loadPrompts(promptsWith('examples: 3', 'assign-tags-verbatim'))).rejects.toThrow(
    /examples: .*user\.liquid/,
  )
})
