import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createLogger } from '../../src/cli/logger.ts'

test.each([
  [{}, true],
  [{ NO_COLOR: '' }, true],
  [{ NO_COLOR: '1' }, false],
])('on a terminal with %j the log has colours: %s', async (env, expected) => {
  let written = ''
  const stdout = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        written += String(chunk)
        done()
      },
    }),
    { isTTY: true },
  )
  const logger = await createLogger({ stdin: process.stdin, stdout, stderr: stdout, env }, 'info')
  logger.info('ready')
  await new Promise(resolve => setImmediate(resolve))
  expect([written.includes('ready'), written.includes('\x1b[')]).toEqual([true, expected])
})
