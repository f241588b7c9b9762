import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { emptyFolder } from './support/command.ts'
import { startFakeProvider } from './support/fake-provider/server.ts'
import { endpointSettings, startService } from './support/service.ts'

/** Tags whose ids are far from their places, so that the two cannot be mixed up. */
const longList = (length: number) =>
  Array.from({ length }, (_, index) => ({
    id: 700_000 + index * 7,
    name: index === 4_321 ? 'packet router' : `topic ${index}`,
  }))

test('of 5,000 tags about a hundred are sent, under one schema, and the ids of the answer are those of the list', async () => {
  const tags = longList(5_000)
  const provider = await startFakeProvider({ recorded: 200 })
  onTestFinished(() => provider.close())
  const { classify } = await startService({ ...endpointSettings, OPENAI_BASE_URL: provider.url })
  const ids = new Set(tags.map(({ id }) => id))
  for (let index = 0; index < 100; index++) {
    const { id, tags: answer } = (
      await classify({ id: index, text: `# Packet router ${index}\n\nIt is about topic ${index}.`, tags })
    ).json()
    expect(id).toBe(index)
    expect(answer.length).toBeGreaterThan(0)
    expect(answer.every((tag: number) => ids.has(tag))).toBe(true)
  }
  const bodies = provider.requests.map(
    ({ body }) => body as { response_format: object; messages: { content: string }[] },
  )
  expect(new Set(bodies.map(({ response_format }) => JSON.stringify(response_format))).size).toBe(1)
  for (const { messages } of bodies) {
    const lines = messages[0]!.content.split('\n').filter(line => /^\d+\t/.test(line))
    expect(lines).toHaveLength(100)
    expect(lines.some(line => line.endsWith('\tpacket router'))).toBe(true)
    expect(lines[0]).toMatch(/^1\t/)
  }
})

test('the embedded ranker reads a list of any length whole', async () => {
  const { classify } = await startService()
  const { tags } = (
    await classify({ text: '# Packet router\n\nA packet router routes packets.', tags: longList(5_000) })
  ).json()
  expect(tags).toEqual([700_000 + 4_321 * 7])
})

test('the tags of the nearest labelled examples are among the candidates', async () => {
  const folder = emptyFolder()
  const prompt = join(folder, 'long')
  mkdirSync(prompt)
  cpSync(new URL('../prompts/assign-tags', import.meta.url), prompt, { recursive: true })
  writeFileSync(join(prompt, 'tags.json'), JSON.stringify(longList(5_000)))
  const text = '# Sourdough\n\nKnead the dough, let it rise over night and bake the bread.'
  writeFileSync(join(prompt, 'examples.jsonl'), `${JSON.stringify({ text, tags: [700_000 + 4_999 * 7] })}\n`)
  const { app } = await startService({ ...endpointSettings, PROMPTS_DIR: folder, PROMPT: 'long' })
  const rendering = await app.inject({
    method: 'POST',
    url: '/prompts/long/render',
    payload: { text: `${text} Knead the bread again.` },
  })
  expect(rendering.json().messages[0].content).toContain('\ttopic 4999\n')
})

test('a list that is shown whole has its own ids on the wire', async () => {
  const { app } = await startService(endpointSettings)
  const payload = { text: 'A router.', tags: longList(300) }
  const { response_format } = (await app.inject({ method: 'POST', url: '/prompts/assign-tags/render', payload })).json()
  expect(response_format.json_schema.schema.properties.tags.items.enum[1]).toBe(700_007)
})
