import { writeFileSync } from 'node:fs'
import { createServer, request as send } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { emptyFolder, startServer } from '../support/command.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'

/** A forward proxy that counts what passes: whole requests, and tunnels. */
async function startProxy() {
  const passed: string[] = []
  const proxy = createServer((incoming, outgoing) => {
    passed.push(incoming.url!)
    const { method, headers } = incoming
    incoming.pipe(
      send(incoming.url!, { method: method!, headers }, answer => {
        outgoing.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(outgoing)
      }),
    )
  })
  proxy.on('connect', (incoming, client, head) => {
    passed.push(incoming.url!)
    const [host, port] = incoming.url!.split(':')
    const server = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      server.write(head)
      server.pipe(client).pipe(server)
    })
    client.on('error', () => server.destroy())
    server.on('error', () => client.destroy())
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return { url: `http://127.0.0.1:${(proxy.address() as { port: number }).port}`, passed }
}

const classify = (url: string) =>
  fetch(`${url}/classify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: '12523', text: 'Traces packets in the Linux networking stack.' }),
  })

async function startProvider() {
  const provider = await startFakeProvider()
  onTestFinished(() => provider.close())
  const env = { OPENAI_BASE_URL: provider.url, OPENAI_MODEL: provider.dialect.model, UPSTREAM_ATTEMPTS: '1' }
  return { provider, env }
}

test.each(['the environment', '.env'])('calls of a model go by the proxy of %s', async where => {
  const { provider, env } = await startProvider()
  const proxy = await startProxy()
  const said = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.url }
  const cwd = emptyFolder()
  const lines = Object.entries(said).map(([name, value]) => `${name}=${value}\n`)
  if (where === '.env') writeFileSync(join(cwd, where), lines.join(''))
  const { url } = await startServer(where === '.env' ? env : { ...env, ...said }, cwd)
  const answer = await classify(url)
  expect(await answer.json()).toMatchObject({ id: '12523', tags: expect.any(Array) })
  expect(provider.count()).toBe(1)
  expect(proxy.passed.join()).toContain(new URL(provider.url).host)
})

test('a proxy that is not there is an endpoint that cannot be reached, and is not gone past', async () => {
  const { provider, env } = await startProvider()
  const { url } = await startServer({ ...env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'http://127.0.0.1:1' })
  const answer = await classify(url)
  expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'upstream_unavailable' }])
  expect(provider.count()).toBe(0)
})
