/** BAML runs what its generator writes; the client joins its source here, with the schema of the day. */

import { execFileSync } from 'node:child_process'
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Contract } from '../overhead/contract.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value }

/** JSON, but for the colons and commas between the members of an object. */
function inBaml(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(inBaml).join(', ')}]`
  if (typeof value !== 'object') return JSON.stringify(value)
  const members = Object.entries(value).map(([key, member]) => `${key} ${inBaml(member)}`)
  return ['{', ...members, '}'].join('\n')
}

export function generateBamlClient({ model, schema }: Contract): void {
  const fixed = { model, temperature: 0, max_tokens: 256, response_format: schema as Value }
  const client = `client<llm> Bench {
provider openai-generic
options {
base_url env.BENCH_BASE_URL
api_key env.BENCH_API_KEY
${inBaml(fixed).slice(1)}
}
`
  rmSync(`${here}generated`, { recursive: true, force: true })
  cpSync(`${here}baml_src`, `${here}generated/baml_src`, { recursive: true })
  writeFileSync(`${here}generated/baml_src/client.baml`, client)
  const run = (command: string, args: readonly string[]) => execFileSync(command, args, { cwd: here, stdio: 'pipe' })
  run('node_modules/.bin/baml-cli', ['generate', '--from', 'generated/baml_src'])
  // It writes TypeScript that imports `.js`, which Node does not follow as it is.
  run('../../../node_modules/.bin/tsc', ['-p', 'tsconfig.baml.json'])
}
