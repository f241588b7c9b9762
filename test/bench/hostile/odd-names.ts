import { post, postMany } from './raw-requests.ts'
import type { Replies, Scenario } from './scenario.ts'

const mostSeries = 5_000
let count = 0

const answer =
  (model: string, usage: object, status = 200): Replies[string] =>
  response => {
    count += 1
    response.writeHead(status, { 'content-type': 'application/json', 'x-model': `m${count}` })
    response.end(
      JSON.stringify({
        id: `c${count}`,
        object: 'chat.completion',
        created: 1,
        model: model.replaceAll('N', String(count)),
        choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: '{"tags":[1]}' } }],
        usage,
        ...(status >= 400 && { error: { message: 'no', code: `code_${count}`, type: `type_${count}` } }),
      }),
    )
  }
const usage = { prompt_tokens: 100, completion_tokens: 5, total_tokens: 105 }

const replies: Replies = {
  'new-model': answer('model-N', usage),
  'long-model': answer(`${'m'.repeat(5_000)}N`, usage),
  'line-break': answer('model\nN\r\nx-evil: 1', usage),
  'other-script': answer('模型N', usage),
  'null-character': answer('model\u0000N', usage),
  'many-tokens': answer('model-N', { ...usage, prompt_tokens: Number.MAX_SAFE_INTEGER }),
  'negative-tokens': answer('model-N', { ...usage, prompt_tokens: -5, completion_tokens: 1e308 }),
  'odd-status': answer('model-N', usage, 418),
}

export const scenario: Scenario = {
  name: 'odd-names',
  about: 'replies with a new model name, code and count of tokens each time',
  longest: 60_000,
  replies,
  async attack(target) {
    const names = Object.keys(replies)
    const saw = await postMany(target, {
      count: 2_000,
      atOnce: 16,
      path: '/classify?details=true',
      type: 'text/plain',
      body: index => `# Text ${index}\n\nA tool. [[${names[index % names.length]}]]`,
    })
    const metrics = await fetch(`${target.url}/metrics`, { headers: { authorization: `Bearer ${target.adminKey}` } })
    const series = (await metrics.text()).split('\n').filter(line => line !== '' && !line.startsWith('#')).length
    const usageStatus = (
      await fetch(`${target.url}/usage`, { headers: { authorization: `Bearer ${target.adminKey}` } })
    ).status
    const after = await post(target, '/classify', 'text/plain', 'A good text at last.')
    return {
      saw: `${saw}; ${series} metric series, /usage ${usageStatus}, a good text ${after}`,
      short: [
        ...(series > mostSeries ? [`over ${mostSeries} metric series`] : []),
        ...(metrics.status !== 200 ? [`/metrics answers ${metrics.status}`] : []),
        ...(usageStatus !== 200 ? [`/usage answers ${usageStatus}`] : []),
        ...(after !== '200' ? [`a good text got ${after}`] : []),
      ],
    }
  },
}
