import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import { someLines } from './batch-service.ts'
import { emptyFolder } from './command.ts'
import { serveInProcess } from './serve-in-process.ts'
import { runInProcess } from './terminal.ts'

const top = resolve(import.meta.dirname, '../..')

/** Labelled texts, a few of them wrongly, of words that no two of them share. */
function someGold(count: number): string {
  const own = (place: number) => Array.from({ length: 12 }, (_, word) => `w${place}x${word}`).join(' ')
  return Array.from({ length: count }, (_, place) => {
    const text = `# P${place}\n\nTraces packets on a network interface: ${own(place)}.`
    return `${JSON.stringify({ id: `p${place}`, text, tags: place % 40 === 0 ? [1] : [36] })}\n`
  }).join('')
}

/**
 * A folder as a reader has it, in which this process then is: the catalogue that the pages speak of, and programs in
 * place of those that the test must not run. `npm` knows which scripts there are, and starts the service for a moment.
 */
export async function readersFolder(): Promise<{ readonly folder: string; readonly path: string }> {
  const folder = emptyFolder()
  const files: Record<string, string> = {
    'README.md': '# Tracewire\n\nTraces packets on a network interface.',
    'readme.txt': 'Traces packets on a network interface.',
    'notes.txt': 'A notebook for the terminal.',
    'list.json': '[{"id":1,"name":"networking"},{"id":2,"name":"terminal"}]',
    'before.json': '[{"id":1,"name":"networking"}]',
    'answers.ndjson': '{"id":1,"text":"A notebook for the terminal.","tags":[1]}\n',
    'gold.jsonl': someGold(200),
    'second-labels.jsonl': '{"id":"a","tags":[1]}\n',
    'items.ndjson': someLines(3),
    // Line 2 lacks its last bracket, as the page says.
    'texts.ndjson': someLines(3).replace(/\}\n(?=.*\n$)/, '\n'),
    'projects.csv': 'id,name,readme\n1,tracewire,Traces packets on a network.\n2,notes,A notebook for the terminal.\n',
    'readmes/one.md': '# One\n\nTraces packets on a network interface.',
    'readmes/two.md': '# Two\n\nA notebook for the terminal.',
    'operator-key': 'tagsmith_key',
    'package.json': readFileSync(join(top, 'package.json'), 'utf8'),
  }
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  cpSync(join(top, 'test/fixtures/documents'), join(folder, 'test/fixtures/documents'), { recursive: true })
  const database = new DatabaseSync(join(folder, 'projects.db'))
  database.exec(
    "create table projects (id text, readme text, tags text); insert into projects values ('1', 'Traces packets on a network.', null)",
  )
  database.close()
  const programs: Record<string, string> = {
    tagsmith: await standIn(),
    npx: 'exec "$@"',
    npm: `case "$*" in
      "ci"|"test"|"install ./"*|"install --global ./"*) exit 0;;
      "run --silent tagsmith -- "*) shift 4; exec tagsmith "$@";;
      start) exec tagsmith serve;;
    esac
    [ "$1" = run ] || exit 64
    shift; [ "$1" != --silent ] || shift
    grep -q "^    \\"$1\\": " package.json || { echo "there is no script $1" >&2; exit 64; }`,
    docker: 'exit 0',
  }
  for (const [name, script] of Object.entries(programs)) {
    mkdirSync(join(folder, 'bin'), { recursive: true })
    writeFileSync(join(folder, 'bin', name), `#!/bin/bash\n${script}\n`)
    chmodSync(join(folder, 'bin', name), 0o755)
  }
  process.chdir(folder)
  onTestFinished(() => process.chdir(top))
  return { folder, path: `${join(folder, 'bin')}:${process.env.PATH}` }
}

/**
 * What `tagsmith` is in a shell of the test: it hands the command to this process, which has loaded the program already,
 * and gives back what that wrote. A folder for each call holds what goes in and what comes out.
 */
async function standIn(): Promise<string> {
  const folder = emptyFolder()
  const socket = join(folder, 'socket')
  const fieldsOf = (file: string) => readFileSync(file, 'utf8').split('\0').slice(0, -1)
  const server = createServer(async ({ url: call = '' }, response) => {
    const env = Object.fromEntries(fieldsOf(join(call, 'env')).map(line => line.split(/=(.*)/s, 2) as [string, string]))
    const stdin = readFileSync(join(call, 'stdin'))
    const ran = await run(fieldsOf(join(call, 'args')), env, stdin).catch(error => ({
      ...{ exitCode: 70, stdout: '', stderr: String(error) },
    }))
    for (const [name, content] of Object.entries(ran)) writeFileSync(join(call, name), String(content))
    response.end()
  })
  await new Promise<void>(listening => server.listen(socket, listening))
  onTestFinished(() => void server.close())
  return `call=$(mktemp -d ${folder}/XXXXXX)
    printf '%s\\0' "$@" > $call/args; env -0 > $call/env; cat > $call/stdin
    curl --silent --show-error --fail --unix-socket ${socket} http://tagsmith$call || exit 70
    cat $call/stderr >&2; cat $call/stdout; exit $(cat $call/exitCode)`
}

async function run(args: readonly string[], env: Record<string, string>, stdin: Uint8Array) {
  if (args[0] !== 'serve') return runInProcess(args, { env, stdin })
  const service = await serveInProcess({ ...env, DATA_DIR: emptyFolder() })
  service.child.kill('SIGTERM')
  return { exitCode: await service.ended, stdout: '', stderr: '' }
}
