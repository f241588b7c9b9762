import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { holdTime } from '../support/hold-time.ts'
import { endpointSettings, startService } from '../support/service.ts'

const text = '# A router\n\nIt routes packets.'

test('one call serves those who stay when the one who asked first goes away', async () => {
  const provider = await startFakeProvider({ dialect: 'openai', latencyMs: 400 })
  onTestFinished(() => provider.close())
  const { app, log } = await startService({ ...endpointSettings, OPENAI_BASE_URL: provider.url })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const pass = holdTime()
  const post = () => {
    const request = httpRequest({ port, host: '127.0.0.1', path: '/classify', method: 'POST' })
    request.setHeader('content-type', 'text/markdown').on('error', () => {})
    request.end(text)
    return request
  }
  const first = post()
  await expect.poll(provider.count).toBe(1)
  const second = post()
  const metrics = async () => (await app.inject('/metrics')).body
  await expect.poll(metrics).toContain('http_requests_in_work{state="working"} 2')
  first.destroy()
  await expect.poll(() => log.join('')).toContain('client_closed')
  pass(400)
  const [response] = await once(second, 'response')
  response.resume()
  expect(response.statusCode).toBe(200)
  expect(response.headers['x-cache']).toBe('hit')
  expect(provider.count()).toBe(1)
})
