import { EventEmitter } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isOldNode, runInOwnNode } from '../../src/cli/own-node.ts'
import { emptyFolder } from '../support/command.ts'

function host(script: string, { platform = process.platform as string } = {}) {
  const file = join(emptyFolder(), 'script.mjs')
  writeFileSync(file, script)
  const told: string[] = []
  return Object.assign(new EventEmitter(), {
    argv: ['/usr/bin/node', file, 'one', 'two words'],
    ...{ platform, arch: process.arch, versions: { node: '20.9.0' } },
    stderr: { write: (line: string) => told.push(line) },
    told,
    output: () => readFileSync(`${file}.out`, 'utf8'),
  })
}

test.each([
  ['18.20.4', true],
  ['20.20.2', true],
  ['22.22.0', true],
  ['24.0.0', false],
  ['26.10.0', false],
])('Node %s is too old: %s', (node, isOld) => {
  expect(isOldNode({ ...host(''), versions: { node } } as unknown as Parameters<typeof isOldNode>[0])).toBe(isOld)
})

test('the command goes on in the Node that was installed with it, with its words and its exit code', async () => {
  const own = host(`
    import { writeFileSync } from 'node:fs'
    writeFileSync(process.argv[1] + '.out', JSON.stringify([process.version, process.argv.slice(2)]))
    process.exit(7)`)
  expect(await runInOwnNode(own)).toBe(7)
  expect(JSON.parse(own.output())).toEqual([process.version, ['one', 'two words']])
  expect(own.told).toEqual([])
})

test('a signal to stop reaches it', async () => {
  const own = host(`
    import { writeFileSync } from 'node:fs'
    process.once('SIGTERM', () => { writeFileSync(process.argv[1] + '.out', 'stopped'); process.exit(0) })
    writeFileSync(process.argv[1] + '.out', 'ready')
    setInterval(() => {}, 1000)`)
  const end = runInOwnNode(own)
  await expect.poll(own.output).toBe('ready')
  own.emit('SIGTERM', 'SIGTERM')
  expect([await end, own.output()]).toEqual([0, 'stopped'])
})

test('without one it says in one line what to do', async () => {
  const bare = host('', { platform: 'plan9' })
  expect(await runInOwnNode(bare)).toBe(2)
  expect(bare.told).toEqual([
    expect.stringMatching(/^tagsmith needs Node 24 or later, and this is 20\.9\.0: .*nodejs\.org.*\n$/),
  ])
})
