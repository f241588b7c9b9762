import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { emptyFolder } from '../support/command.ts'
import { runInProcess } from '../support/terminal.ts'

const run = promisify(execFile)

test.each([
  ['ta', ['tag', 'tags']],
  ['batch s', ['submit', 'status']],
  ['batch submit items.ndjson --w', ['--watch']],
  ['tag readmes/ --max-', ['--max-tags', '--max-usd', '--max-failed']],
])('bash completes %o', async (typed, expected) => {
  const { stdout: script } = await runInProcess(['completion', 'bash'])
  const file = join(emptyFolder(), 'completion')
  writeFileSync(file, script)
  const words = ['tagsmith', ...typed.split(' ')]
  const asked = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tagsmith; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await run('bash', ['-c', asked, 'bash', file, ...words])
  expect(stdout.trim().split('\n').sort()).toEqual([...expected].sort())
})

test('zsh and fish get scripts of their own, and another shell is told which there are', async () => {
  expect((await runInProcess(['completion', 'zsh'])).stdout).toContain('bashcompinit')
  const { stdout } = await runInProcess(['completion', 'fish'])
  expect(stdout).toContain("complete -c tagsmith -n '__fish_seen_subcommand_from tag' -l dry-run\n")
  const other = await runInProcess(['completion', 'csh'])
  expect([other.exitCode, other.stderr]).toEqual([2, expect.stringContaining('bash, zsh, fish')])
})
