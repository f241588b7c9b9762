import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { spawnCommand, untilListening } from '../support/server-process.ts'

// SIGTERM in the middle of a steady load. A balancer stops sending once /readyz says 503; with --careless the clients
// go on until nobody listens. Either way no connection may be reset and no answer lost.
const perSecond = 200
const careless = process.argv.includes('--careless')
const provider = await startFakeProvider({ latencyMs: 500 })
const start = () =>
  untilListening(
    spawnCommand(['serve'], {
      cwd: '/tmp',
      env: {
        PORT: '0',
        LOG_LEVEL: 'info',
        OPENAI_BASE_URL: provider.url,
        OPENAI_MODEL: 'fake-model',
        UPSTREAM_CONCURRENCY: '256',
        REQUESTS_AT_ONCE: '256',
      },
    }),
  )
const { url, child, ended } = await start()
const agent = new Agent({ keepAlive: true, maxSockets: 300 })
const results = new Map<string, number>()
const count = (result: string) => void results.set(result, (results.get(result) ?? 0) + 1)

const post = (text: string) =>
  new Promise<string>(resolve => {
    const sent = request(`${url}/classify`, { agent, method: 'POST', headers: { 'content-type': 'text/plain' } })
    sent.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    sent.once('response', response => {
      response.once('error', (error: NodeJS.ErrnoException) => resolve(`cut short: ${error.code}`))
      response.resume().once('end', () => resolve(String(response.statusCode)))
    })
    sent.end(text)
  })

await post('How this endpoint wants to be asked is known after the first answer.')
const answers: Promise<void>[] = []
let told = 0
let stopSending = false
const begin = performance.now()
for (let sent = 0; performance.now() - begin < 8_000 && !stopSending; sent += 1) {
  answers.push(post(`Router number ${sent}.`).then(count))
  if (told === 0 && performance.now() - begin > 4_000) {
    child.kill('SIGTERM')
    told = performance.now()
  }
  if (told > 0 && sent % 20 === 0) {
    fetch(`${url}/readyz`).then(
      ({ status }) => {
        if (status === 503 && !careless) stopSending = true
      },
      () => {
        stopSending = true
      },
    )
  }
  await sleep(Math.max(0, begin + (sent * 1000) / perSecond - performance.now()))
}
await Promise.all(answers)
const exitCode = await ended
const seconds = ((performance.now() - told) / 1000).toFixed(1)
process.stdout.write(`${JSON.stringify({ sent: answers.length, ...Object.fromEntries(results), exitCode, seconds })}\n`)

const again = await start()
again.child.kill('SIGKILL')
await again.ended
const restart = performance.now()
const risen = await start()
const ready = (await fetch(`${risen.url}/readyz`)).status
process.stdout.write(`after kill -9: readyz ${ready} in ${((performance.now() - restart) / 1000).toFixed(2)} s\n`)
risen.child.kill('SIGKILL')
agent.destroy()
await provider.close()
const wrong = [...results.keys()].filter(result => !['200', ...(careless ? ['ECONNREFUSED'] : [])].includes(result))
process.exitCode = wrong.length > 0 || exitCode !== 0 ? 1 : 0
