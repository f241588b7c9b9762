import { expect, onTestFinished, test } from 'vitest'
import { emptyFolder } from './support/command.ts'
import { spawnCommand, untilListening } from './support/server-process.ts'

async function start(directory: string) {
  const env = { DATA_DIR: directory, PORT: '0', LOG_LEVEL: 'info' }
  const server = await untilListening(spawnCommand(['serve'], { env, cwd: directory }))
  onTestFinished(() => void server.child.kill('SIGKILL'))
  return server
}
const post = async (url: string, body: object) => {
  const headers = { 'content-type': 'application/json' }
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json()
}

test('feedback that was acknowledged is there after the service was killed', async () => {
  const directory = emptyFolder()
  const first = await start(directory)
  const texts = Array.from({ length: 20 }, (_, index) => `# Project ${index}\n\nIt routes packets.`)
  for (const text of texts) await post(`${first.url}/feedback`, { text, accepted: [36, 57] })
  first.child.kill('SIGKILL')
  await first.ended
  const second = await start(directory)
  for (const text of texts) expect(await post(`${second.url}/classify`, { text })).toMatchObject({ tags: [36, 57] })
})
