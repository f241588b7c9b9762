import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startBatchService } from '../support/batch-service.ts'
import { emptyFolder } from '../support/command.ts'

const run = promisify(execFile)

test('the program of docs/api.md runs', async () => {
  const { url } = await startBatchService()
  const readme = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
  const program = /```ts\n([\s\S]*?)```/
    .exec(readme)![1]!
    .replace('tagsmith/client', new URL('../../src/client/index.ts', import.meta.url).href)
    .replace('http://127.0.0.1:3000', url)
  const file = join(emptyFolder(), 'program.ts')
  writeFileSync(file, program)
  const { stdout } = await run(process.execPath, [file])
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^\[ \d+(, \d+)* \]$/),
    'retis 1',
    'ripgrep 1',
    'unusable_text',
    '',
  ])
})
