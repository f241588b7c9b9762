import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { emptyFolder } from './support/command.ts'

const run = promisify(execFile)
const top = resolve(import.meta.dirname, '..')
const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'))
const modules = join(top, 'node_modules')

/** An empty project into which the package was installed, with the dependencies that are here. */
async function installed(): Promise<string> {
  const project = emptyFolder()
  const folder = join(project, 'node_modules/tagsmith')
  mkdirSync(folder, { recursive: true })
  await run('npm', ['pack', '--pack-destination', project], { cwd: top })
  await run('tar', ['-xzf', join(project, `tagsmith-${version}.tgz`), '--strip-components=1', '-C', folder])
  symlinkSync(modules, join(folder, 'node_modules'))
  writeFileSync(join(project, 'package.json'), '{"type":"module"}')
  return project
}

test('the package is a command, and a client whose types are found', async () => {
  const cwd = await installed()
  const node = (...args: readonly string[]) => run(process.execPath, args, { cwd })
  const { stdout } = await node('node_modules/tagsmith/dist/main.js', '--version')
  expect(stdout).toBe(`${version}\n`)
  // The Node of the machine, where it has one that is not ours: the command finds its own.
  const elsewhere = (process.env.PATH ?? '').split(delimiter).filter(folder => !folder.startsWith(top))
  const env = { ...process.env, PATH: elsewhere.join(delimiter) }
  const machine = await run('node', ['node_modules/tagsmith/dist/main.js', '--version'], { cwd, env }).catch(error => {
    if (error.code !== 'ENOENT') throw error
  })
  expect(machine?.stdout ?? `${version}\n`).toBe(`${version}\n`)
  writeFileSync(
    join(cwd, 'program.ts'),
    `import { type Answer, createClient, TagsmithError } from 'tagsmith/client'
    const { classify } = createClient({ url: 'http://127.0.0.1:1', retries: 0 })
    const answer: Promise<Answer> = classify({ text: 'a' })
    // @ts-expect-error A client whose types are lost takes anything.
    const wrong = () => classify({ txt: 'a' })
    console.log(await answer.catch(error => error instanceof TagsmithError && error.code))`,
  )
  const check = [join(modules, 'typescript/bin/tsc'), '--noEmit', '--strict', '--target', 'es2024', '--types', '']
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const)
    await node(...check, '--lib', 'es2024,dom', '--module', module, '--moduleResolution', resolution, 'program.ts')
  expect((await node('program.ts')).stdout).toBe('unreachable\n')
})
