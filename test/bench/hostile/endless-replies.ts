import { postMany } from './raw-requests.ts'
import type { Replies, Scenario } from './scenario.ts'

const piece = 'x'.repeat(65_536)
const atMost = 512

const replies: Replies = {
  'endless-answer': response => pour(response, 200, 'application/json', '{"choices":[{"message":{"content":"'),
  'endless-error': response => pour(response, 500, 'text/plain', ''),
  'endless-stream': response => pour(response, 200, 'text/event-stream', 'data: '),
  'endless-refusal': response => pour(response, 400, 'application/json', '{"error":{"message":"'),
}

/** Up to 32 MB, as fast as they are taken. */
function pour(response: Parameters<Replies[string]>[0], status: number, type: string, begin: string): void {
  response.writeHead(status, { 'content-type': type })
  response.write(begin)
  let sent = 0
  const more = () => {
    while (sent < atMost && !response.destroyed) {
      sent += 1
      if (!response.write(piece)) return void response.once('drain', more)
    }
    response.end()
  }
  more()
}

export const scenario: Scenario = {
  name: 'endless-replies',
  about: 'texts to which the endpoint answers with up to 32 MB in every form',
  longest: 40_000,
  replies,
  async attack(target) {
    const names = Object.keys(replies)
    const saw = await postMany(target, {
      count: 80,
      atOnce: 16,
      path: '/classify',
      type: 'text/plain',
      body: index => `# Text ${index}\n\nA tool. [[${names[index % names.length]}]]`,
    })
    return { saw }
  },
}
