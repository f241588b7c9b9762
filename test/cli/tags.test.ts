import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { emptyFolder } from '../support/command.ts'
import { asPowerShellWrites } from '../support/encodings.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { runInProcess } from '../support/terminal.ts'

const list = [
  { id: 36, name: 'networking' },
  { id: 57, name: 'observability', description: 'Mine.' },
  { id: 18, name: 'monitoring', description: 'Mine too.', aliases: ['uptime'] },
]

async function enrich(reply: string, ...flags: string[]) {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'list.json'), asPowerShellWrites(JSON.stringify(list)))
  const provider = await startFakeProvider({ script: [reply] })
  onTestFinished(() => provider.close())
  const env = { OPENAI_BASE_URL: provider.url, OPENAI_MODEL: 'fake-model', OPENAI_API_KEY: 'fake' }
  const args = ['tags', 'enrich', join(folder, 'list.json'), ...flags.map(flag => flag.replace('FOLDER', folder))]
  return { folder, provider, ...(await runInProcess(args, { env })) }
}

const reply = JSON.stringify({
  tags: [
    { id: 36, description: 'Packets between machines', aliases: ['network', 'monitoring', 'tcp/ip'] },
    { id: 57, description: 'Theirs.', aliases: ['o11y', 'network'] },
    { id: 999, description: 'Not ours.', aliases: ['x'] },
  ],
})

test('asks once for what is missing, and keeps what the owner wrote', async () => {
  const { exitCode, stdout, provider } = await enrich(reply)
  expect([exitCode, provider.count()]).toEqual([0, 1])
  expect(JSON.parse(stdout)).toEqual([
    { id: 36, name: 'networking', description: 'Packets between machines', aliases: ['network', 'tcp/ip'] },
    { id: 57, name: 'observability', description: 'Mine.', aliases: ['o11y'] },
    list[2],
  ])
  expect(JSON.stringify(provider.requests[0]?.body.messages)).not.toContain('uptime')
})

test('writes to a file when told to', async () => {
  const { folder, exitCode, stdout } = await enrich(reply, '--output', 'FOLDER/out.json')
  expect([exitCode, stdout]).toEqual([0, ''])
  expect(JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8'))).toHaveLength(3)
})

test('a reply that is none changes nothing', async () => {
  const { stdout } = await enrich('I would rather not.')
  expect(JSON.parse(stdout)).toEqual(list)
})

test('needs a model, and a list', async () => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'twins.json'), '[{"id":1,"name":"a"},{"id":1,"name":"b"}]')
  const without = await runInProcess(['tags', 'enrich', join(folder, 'twins.json')])
  expect([without.exitCode, without.stderr]).toEqual([2, expect.stringContaining('OPENAI_MODEL')])
  const env = { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', OPENAI_MODEL: 'm' }
  const twins = await runInProcess(['tags', 'enrich', join(folder, 'twins.json')], { env })
  expect([twins.exitCode, twins.stderr]).toEqual([2, expect.stringContaining('/1/id stands in the list twice')])
})
