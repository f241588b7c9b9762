import { setTimeout as sleep } from 'node:timers/promises'
import { post } from './raw-requests.ts'
import type { Scenario } from './scenario.ts'

const bad = 10
const good = 390
const mostSeconds = 60
const failing = 'A tool. [[fake:server_error]]'
const lines = Array.from({ length: bad + good }, (_, id) =>
  JSON.stringify({ id, text: `# Project ${id}\n\n${id < bad ? failing : 'A tool that sorts lines.'}` }),
).join('\n')

interface Status {
  readonly id: string
  readonly status: string
  readonly outcomes: Readonly<Record<string, number>>
}

export const scenario: Scenario = {
  name: 'poisoned-texts',
  about: `a batch of ${bad + good} with ${bad} texts that always get a 500, and as many requests with such texts as fit beside it`,
  longest: 120_000,
  async attack(target) {
    const { url, key, signal } = target
    const headers = { authorization: `Bearer ${key}` }
    const begin = performance.now()
    const sent = await fetch(`${url}/batches`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-ndjson' },
      body: lines,
      signal,
    })
    let batch = (await sent.json()) as Status
    let live = 0
    let isOver = false
    const harm = async (lane: number) => {
      while (!isOver && !signal.aborted) {
        await post(target, '/classify', 'text/plain', `# Live ${lane} ${live}\n\n${failing}`)
        live += 1
        await sleep(50)
      }
    }
    const lanes = Array.from({ length: 4 }, (_, lane) => harm(lane))
    while (!['completed', 'cancelled', 'failed'].includes(batch.status)) {
      await sleep(500)
      batch = (await (await fetch(`${url}/batches/${batch.id}`, { headers, signal })).json()) as Status
    }
    const seconds = (performance.now() - begin) / 1_000
    isOver = true
    await Promise.all(lanes)
    const { ok = 0, none_apply = 0, ...others } = batch.outcomes
    const failed = Object.values(others).reduce((sum, count) => sum + count, 0)
    return {
      saw: `${ok + none_apply} done and ${failed} failed in ${seconds.toFixed(1)} s, ${live} requests beside it`,
      short: [
        ...(ok + none_apply !== good || failed !== bad ? [`not ${good} done and ${bad} failed`] : []),
        ...(seconds >= mostSeconds ? [`the batch took over ${mostSeconds} s`] : []),
      ],
    }
  },
}
