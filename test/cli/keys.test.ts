import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { emptyFolder } from '../support/command.ts'
import { serveInProcess } from '../support/serve-in-process.ts'
import { runInProcess } from '../support/terminal.ts'

test('a new key opens the service that stores its line', async () => {
  const made = await runInProcess(['keys', 'new', 'indexer', '--rate', '60'])
  expect(made).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^indexer sha256:\w{64} classify,batch rate=60\n$/),
  })
  const file = join(emptyFolder(), 'api-keys')
  writeFileSync(file, made.stdout)
  const { url } = await serveInProcess({ HOST: '0.0.0.0', API_KEYS_FILE: file })
  const status = async (headers: Record<string, string>) => (await fetch(`${url}/prompts`, { headers })).status
  expect(await status({})).toBe(401)
  expect(await status({ 'x-api-key': made.stderr.trim() })).toBe(200)
})

test('a service that others can reach does not start without keys, unless told so in words', async () => {
  const { exitCode, stderr } = await runInProcess(['serve'], { env: { HOST: '0.0.0.0', PORT: '0' } })
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/HOST: .*API_KEYS_FILE.*ALLOW_ANONYMOUS=true/)])
  const { url } = await serveInProcess({ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' })
  expect((await fetch(`${url}/prompts`)).status).toBe(200)
})
