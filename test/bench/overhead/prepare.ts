/** What tagsmith and the servers beside it need before they start. */

import { appendFileSync, cpSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServices } from '../../../src/compose.ts'
import { loadConfig } from '../../../src/config.ts'
import { strictestFormat } from '../../../src/core/model/reply-format.ts'
import { responseFormat } from '../../../src/core/model/reply-schema.ts'
import { readme } from './documents.ts'
import { ownCheckout } from './process.ts'

/** Writes what tagsmith would send, for the others to send the same. @returns the file's path */
export async function writeContract(): Promise<string> {
  const { tasks } = await createServices(loadConfig({ PROMPTS_DIR: writePlainPrompts() }))
  const task = tasks.prepare({ id: '12523', text: readme })
  const contract = join(tmpdir(), `tagsmith-bench-${process.pid}.json`)
  writeFileSync(
    contract,
    JSON.stringify({ messages: task.messages(), response_format: responseFormat(task.schema, strictestFormat) }),
  )
  return contract
}

export const settings = (upstream: string): Record<string, string> => ({
  PORT: '0',
  OPENAI_BASE_URL: `${upstream}/v1`,
  OPENAI_MODEL: 'bench-model',
  OPENAI_API_KEY: 'bench',
  UPSTREAM_CONCURRENCY: '256',
})

/** The default prompt on texts as they come, without what the ranker suggests for them. @returns its folder */
function writePlainPrompts(checkout = ownCheckout): string {
  const folder = mkdtempSync(join(tmpdir(), 'tagsmith-'))
  cpSync(join(checkout, 'prompts'), folder, { recursive: true })
  appendFileSync(join(folder, 'assign-tags', 'prompt.yaml'), '\nreduce: false\n')
  const template = '<document {{ boundary }}>\n{{ text }}\n</document {{ boundary }}>\n'
  writeFileSync(join(folder, 'assign-tags', 'user.liquid'), template)
  return folder
}

/** No more than the servers beside it do: no text is reduced or ranked, and no answer is kept. */
export const sameContract = (upstream: string, checkout?: string): Record<string, string> => ({
  ...settings(upstream),
  PROMPTS_DIR: writePlainPrompts(checkout),
  CACHE_ENTRIES: '0',
})
