import { expect, onTestFinished, test } from 'vitest'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { endpointSettings, startService } from '../support/service.ts'

const text = '# A router\n\nIt routes packets.'

test('what is over the work and the queue is refused at once, and the rest is answered', async () => {
  const provider = await startFakeProvider({ latencyMs: 1_000 })
  onTestFinished(() => provider.close())
  const settings = { ...endpointSettings, OPENAI_BASE_URL: provider.url, REQUESTS_AT_ONCE: '2', REQUESTS_WAITING: '2' }
  const { classify } = await startService(settings)
  const start = performance.now()
  const answers = await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const response = await classify(`${text} ${index}`)
      return { response, elapsed: performance.now() - start }
    }),
  )
  const firstAnswer = Math.min(
    ...answers.filter(({ response }) => response.statusCode === 200).map(({ elapsed }) => elapsed),
  )
  const refused = answers.filter(({ response }) => response.statusCode === 503)
  expect(refused).toHaveLength(6)
  for (const { response, elapsed } of refused) {
    expect(response.json()).toMatchObject({ code: 'overloaded', retryable: true })
    expect(response.headers['retry-after']).toBe('1')
    // Before any of the others is answered.
    expect(elapsed).toBeLessThan(firstAnswer)
  }
  expect(answers.filter(({ response }) => response.statusCode === 200)).toHaveLength(4)
  expect((await classify(text)).statusCode).toBe(200)
})
