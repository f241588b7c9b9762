import { postMany } from './raw-requests.ts'
import type { Scenario } from './scenario.ts'

const bodies = [
  ['/batches', 'application/json', `[${','.repeat(200_000)}`],
  ['/batches', 'application/json', `[${'{},'.repeat(66_000)}{}]`],
  ['/batches', 'application/x-ndjson', '{}\n'.repeat(66_000)],
  ['/batches', 'application/json', `${'['.repeat(200_000)}`],
  ['/classify', 'application/json', `{"text":"x","tags":[${'1,'.repeat(200_000)}1]}`],
  ['/classify', 'application/json', `{"text":"x","tags":${'['.repeat(200_000)}`],
  ['/classify', 'text/plain', '\n\u0001'.repeat(100_000)],
  ['/classify', 'text/plain', '<'.repeat(200_000)],
  ['/classify', 'text/plain', '```\n'.repeat(50_000)],
  ['/classify', 'text/plain', `${'a'.repeat(50)}[`.repeat(4_000)],
] as const

export const scenario: Scenario = {
  name: 'many-entries',
  about: 'a hundred small bodies of very many entries, brackets, fences and control characters',
  longest: 25_000,
  async attack(target) {
    const lanes = bodies.map(([path, type, body], lane) =>
      postMany(target, { count: 10, atOnce: 2, path, type, body: index => `${body}${' '.repeat(index + lane)}` }),
    )
    return { saw: (await Promise.all(lanes)).join(' | ') }
  },
}
