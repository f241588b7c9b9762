/**
 * A burst of 256 requests against an endpoint that takes 50 a second, for each way an endpoint says so.
 * Usage: npm run bench:rate-limit
 */

import { classifierFor } from '../support/classifier.ts'
import { loadDialect } from '../support/fake-provider/dialect-files.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'

const burst = 256
const perSecond = 50
const print = (line: string) => process.stdout.write(`${line}\n`)

async function measure(headers: string, wait: string): Promise<void> {
  const dialect = loadDialect('openai')
  const rate_limit = { ...dialect.rate_limit, headers, wait } as typeof dialect.rate_limit
  const provider = await startFakeProvider({
    dialect: { ...dialect, rate_limit },
    rateLimit: { perSecond },
    latencyMs: 20,
    recorded: 10_000,
  })
  const classifier = await classifierFor({
    OPENAI_BASE_URL: provider.url,
    OPENAI_MODEL: 'gpt-4.1-mini',
    UPSTREAM_BACKOFF_MS: '100',
  })
  const start = Date.now()
  const texts = Array.from({ length: burst }, (_, index) => `# Router ${index}\n\nIt routes packets.`)
  const results = await Promise.allSettled(
    texts.map(text => classifier.classify({ text }, { signal: new AbortController().signal, account: 'bench' })),
  )
  const seconds = (Date.now() - start) / 1000
  const answered = results.filter(({ status }) => status === 'fulfilled').length
  const late = provider.requests.filter(({ at }) => at - start > 1_000)
  const share = late.filter(({ status }) => status === 429).length / Math.max(1, late.length)
  const all = provider.requests.filter(({ status }) => status === 429).length
  print(
    `| ${headers.padEnd(9)} | ${wait.padEnd(14)} | ${answered}/${burst} | ${seconds.toFixed(1)} s | ${all} | ${(share * 100).toFixed(1)} % |`,
  )
  await provider.close()
}

print(
  `${burst} requests at once, an endpoint that takes ${perSecond} a second (ideal ${((burst - perSecond) / perSecond).toFixed(1)} s)`,
)
print('| headers | wait in the 429 | answered | time | 429s | share of 429s after the first second |')
print('|---|---|---|---|---|---|')
for (const headers of ['durations', 'seconds', 'epoch_ms', 'rfc3339', 'none']) {
  for (const wait of headers === 'none'
    ? ['retry-after', 'retry-after-ms', 'retry-delay', 'none']
    : ['retry-after-ms']) {
    await measure(headers, wait)
  }
}
process.exit(0)
