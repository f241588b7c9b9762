import { Buffer } from 'node:buffer'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { clientOf, ended, resultsOf, startBatchService } from '../support/batch-service.ts'
import { emptyFolder, runCommand } from '../support/command.ts'
import { asPowerShellWrites, encoded } from '../support/encodings.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { runInProcess } from '../support/terminal.ts'

async function startProvider() {
  const provider = await startFakeProvider()
  onTestFinished(() => provider.close())
  const env = { OPENAI_BASE_URL: provider.url, OPENAI_MODEL: provider.dialect.model }
  return { env, shown: () => JSON.stringify(provider.requests.at(-1)?.body.messages), count: provider.count }
}

function fileOf(bytes: Uint8Array | string, folder = emptyFolder()): string {
  const file = join(folder, 'file')
  writeFileSync(file, bytes)
  return file
}

const german = '# Größenprüfung\n\nEine kleine Datenbank für Straßenbäume.'
const russian = encoded('windows-1251')

test('a file in UTF-16 with its mark, stdin in another charset, and a list that PowerShell wrote', async () => {
  const { env, shown } = await startProvider()
  const list = fileOf(asPowerShellWrites('[{"id":1,"name":"Datenbänke"},{"id":2,"name":"Ton"}]'))
  const file = await runInProcess(['classify', fileOf(asPowerShellWrites(german)), '--tags', list], { env })
  expect([file.exitCode, file.stderr]).toEqual([0, ''])
  expect(shown()).toContain('Eine kleine Datenbank für Straßenbäume.')
  expect(shown()).toContain('Datenbänke')
  const stdin = await runInProcess(['classify', '-', '--charset', 'windows-1251'], { env, stdin: russian.bytes })
  expect([stdin.exitCode, stdin.stderr]).toEqual([0, ''])
  expect(shown()).toContain(russian.text)
})

test.each<[what: string, bytes: Uint8Array, flags: string[], says: RegExp]>([
  ['Latin-1 that nothing declares', Buffer.from(german, 'latin1'), [], /^unusable_text: \S+file is not valid UTF-8/],
  ['UTF-16 without a mark', Buffer.from(german, 'utf16le'), [], /^unusable_text: .*without a byte order mark/],
  ['a PDF', Buffer.from('%PDF-1.7\n'), [], /^unusable_text: .* is a PDF/],
  [
    'a charset nobody knows',
    Buffer.from(german),
    ['--charset', 'x'],
    /^unsupported_media_type: The charset is not known/,
  ],
])('%s is exit code 2 with the reason, and no model is asked', async (_, bytes, flags, says) => {
  const { env, count } = await startProvider()
  const { exitCode, stdout, stderr } = await runInProcess(['classify', fileOf(bytes), ...flags], { env })
  expect([exitCode, stdout, stderr]).toEqual([2, '', expect.stringMatching(says)])
  expect(count()).toBe(0)
})

test('a .env that PowerShell wrote is read, one that is no text is named', async () => {
  const { env } = await startProvider()
  const cwd = emptyFolder()
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(join(cwd, '.env'), `\uFEFF${settings.join('')}`)
  const classify = () => runCommand(['classify', '-', '--details'], { cwd, stdin: 'A router.' })
  const marked = await classify()
  expect(JSON.parse(marked.stdout).details).toMatchObject({ model: env.OPENAI_MODEL })
  writeFileSync(join(cwd, '.env'), asPowerShellWrites(settings.join('')))
  expect(JSON.parse((await classify()).stdout).details).toMatchObject({ model: env.OPENAI_MODEL })
  writeFileSync(join(cwd, '.env'), Buffer.from('OPENAI_MODEL=é', 'latin1'))
  expect(await classify()).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^unusable_text: \.env is not/) })
})

test('a batch from a file in another charset, and from one that is no text', async () => {
  const { url, provider } = await startBatchService()
  const env = { TAGSMITH_URL: url }
  const lines = Buffer.concat([Buffer.from('{"id":"a","text":"'), russian.bytes, Buffer.from('"}\n')])
  const submit = (bytes: Uint8Array, ...flags: string[]) =>
    runInProcess(['batch', 'submit', fileOf(bytes), ...flags], { env })
  const sent = await submit(lines, '--charset', 'windows-1251')
  expect([sent.exitCode, sent.stderr]).toEqual([0, ''])
  await clientOf(url).until(sent.stdout.trim(), ended)
  expect(await resultsOf(url, sent.stdout.trim())).toMatchObject([{ id: 'a', tags: expect.any(Array) }])
  expect(JSON.stringify(provider.requests.map(({ body }) => body))).toContain(russian.text)
  expect(await submit(lines)).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^unusable_text: Line 1/) })
  expect(await submit(gzipSync(lines))).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('gzip') })
  const estimate = await runInProcess(['batch', 'estimate', fileOf(lines), '--charset', 'cp1251'], { env })
  expect(JSON.parse(estimate.stdout)).toMatchObject({ items: 1, unreadable: 0 })
})
