import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ConfigError } from '../../src/core/faults.ts'
import { createChoices } from '../../src/core/tags/choices.ts'
import { loadPrompts } from '../../src/prompts/prompt-files.ts'
import { asPowerShellWrites } from '../support/encodings.ts'

/** A folder with one good prompt, and with what is written over it. */
function promptsWith(files: Record<string, string | Buffer>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tagsmith-prompts-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  cpSync(new URL('../../prompts/assign-tags', import.meta.url), join(folder, 'mine'), { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

async function faultsOf(folder: string): Promise<string> {
  const fault = await loadPrompts(folder).then(
    () => new Error('it loaded'),
    (error: Error) => error,
  )
  expect(fault).toBeInstanceOf(ConfigError)
  return fault.message
}

test('a new prompt is a new folder', async () => {
  const prompts = await loadPrompts(promptsWith({ 'mine/user.liquid': 'Tag this: {{ text }}\n' }))
  expect([...prompts.keys()]).toEqual(['mine'])
  expect(prompts.get('mine')?.version).toMatch(/^mine@[0-9a-f]{12}$/)
})

test('a prompt may have labelled examples', async () => {
  const line = JSON.stringify({ text: 'A router.', tags: [36] })
  const prompts = await loadPrompts(promptsWith({ 'mine/examples.jsonl': `${line}\n\n${line}\n` }))
  expect(prompts.get('mine')?.examples).toEqual([JSON.parse(line), JSON.parse(line)])
})

test.each<[what: string, write: (text: string) => Buffer]>([
  ['with a byte order mark', text => Buffer.from(`\uFEFF${text}`)],
  ['in UTF-16, as PowerShell writes it', asPowerShellWrites],
])('files %s are the same prompt', async (_, write) => {
  const written = {
    'prompt.yaml': 'description: Größe\nmax_tags: 2\n',
    'system.liquid': 'Größe:\n{% for tag in tags %}{{ tag.id }} {{ tag.name }}\n{% endfor %}',
    'user.liquid': '{{ text }}\n',
    'tags.json': '[{"id":1,"name":"Größe"},\n{"id":2,"name":"Straße"}]',
    'examples.jsonl': '{"text":"Straßen","tags":[2]}\n{"text":"Größen","tags":[1]}\n',
  }
  const files = Object.entries(written).map(([name, text]) => [`mine/${name}`, write(text)])
  const prompt = (await loadPrompts(promptsWith(Object.fromEntries(files)))).get('mine')!
  expect(prompt.settings).toMatchObject({ description: 'Größe', max_tags: 2 })
  expect(prompt.tagList.tags.map(({ name }) => name)).toEqual(['Größe', 'Straße'])
  expect(prompt.examples.map(({ text }) => text)).toEqual(['Straßen', 'Größen'])
  const choices = createChoices(prompt.tagList.tags, prompt.settings.reply_with)
  const [system] = prompt.forChoices(choices, 2).render({ id: null, text: 'A text.', suggestedTags: () => [] })
  expect(system?.content.startsWith('Größe:')).toBe(true)
})

test('the hash changes with the wording and the settings', async () => {
  const versionOf = async (files: Record<string, string>) =>
    (await loadPrompts(promptsWith(files))).get('mine')?.version
  const versions = await Promise.all([
    versionOf({}),
    versionOf({ 'mine/user.liquid': 'Tag this: {{ text }}' }),
    versionOf({ 'mine/prompt.yaml': 'description: another\n' }),
  ])
  expect(new Set(versions).size).toBe(3)
})

test.each<[what: string, files: Record<string, string | Buffer>, says: RegExp]>([
  [
    'a setting that is not known',
    { 'mine/prompt.yaml': 'description: x\nmax_tag: 3\n' },
    /mine\/prompt\.yaml:2: \/max_tag is not known/,
  ],
  [
    'a setting of the wrong type',
    { 'mine/prompt.yaml': 'description: x\nmax_tags: many\n' },
    /prompt\.yaml:2: \/max_tags is not of type/,
  ],
  ['YAML that is none', { 'mine/prompt.yaml': 'description: "x\n' }, /prompt\.yaml:\d: /],
  ['a template that does not parse', { 'mine/system.liquid': 'a\n{% if x %}' }, /system\.liquid:2: /],
  [
    'a variable that is not known',
    { 'mine/system.liquid': 'a\nb {{ tagz }}' },
    /system\.liquid:2: undefined variable: tagz/,
  ],
  [
    'a document in the fixed part',
    { 'mine/system.liquid': '{{ text }}' },
    /system\.liquid:1: undefined variable: text/,
  ],
  [
    'a filter that is not known',
    { 'mine/user.liquid': '{{ text | shout }}' },
    /user\.liquid:1: undefined filter: shout/,
  ],
  ['a file that is pulled in', { 'mine/user.liquid': '{% include "../secret" %}' }, /user\.liquid:1: /],
  [
    'an inherited property',
    { 'mine/user.liquid': '{{ text.constructor.name }}' },
    /user\.liquid:1: undefined variable: text\.constructor/,
  ],
  [
    'a list that is not UTF-8',
    { 'mine/tags.json': Buffer.from('[{"id":1,"name":"Größe"}]', 'latin1') },
    /mine\/tags\.json is not valid UTF-8, and nothing says what else it is/,
  ],
  ['JSON that is none', { 'mine/tags.json': '[{"id":1,"name":"a"},]' }, /tags\.json:1: /],
  [
    'twins in the list',
    { 'mine/tags.json': '[{"id":1,"name":"a"},\n{"id":2,"name":"a "}]' },
    /tags\.json:2: \/1\/name is the same name/,
  ],
  ['a tag without a name', { 'mine/tags.json': '[\n{"id":1}]' }, /tags\.json:2: \/0\/name is missing/],
  ['an example that is no JSON', { 'mine/examples.jsonl': '{"text":"a","tags":[36]}\nx' }, /examples\.jsonl:2: /],
  [
    'an example of another list',
    { 'mine/examples.jsonl': '{"text":"a","tags":[999]}' },
    /examples\.jsonl:1: tags: 999/,
  ],
  ['a folder with a name that no path can hold', { 'No Way/prompt.yaml': '' }, /No Way: a prompt folder is named/],
  ['a folder that is not whole', { 'half/prompt.yaml': 'description: x' }, /half\/\w+\.\w+: cannot be read/],
])('%s stops the start with the file and the reason', async (_, files, says) => {
  expect(await faultsOf(promptsWith(files))).toMatch(says)
})

test('every broken prompt is named at once', async () => {
  const faults = await faultsOf(promptsWith({ 'mine/prompt.yaml': 'x: 1', 'other/prompt.yaml': 'y: 1' }))
  expect(faults).toContain('mine/prompt.yaml')
  expect(faults).toContain('other/')
})

test('a directory that is not there is named', async () => {
  expect(await faultsOf('/nowhere/at/all')).toContain('PROMPTS_DIR: /nowhere/at/all')
})
