import { parseArgs } from 'node:util'
import { dialectNames, loadDialect } from './dialect-files.ts'
import { evenFaults } from './faults.ts'
import { type FakeProviderOptions, startFakeProvider } from './server.ts'

const usage = `A stand-in for a model provider, to try tagsmith against without a key.

npm run fake-provider -- [options]
  --dialect <name>    whose manners it has (openai)
  --port <number>     where it listens, on 127.0.0.1 (4010)
  --latency <ms>      how long every answer takes (0)
  --faults <share>    how much goes wrong, from 0 to 1 (0)
  --seed <number>     another run of bad luck (1)
  --rate <number>     requests a second before it says 429 (no limit)
  --burst <number>    how many of them may come at once (one second's worth)
  --quiet             no line for each request
  --list              the dialects, then stop

A document that holds [[fake:refusal]], or the name of another fault, meets that fault.
`

const say = (text: string) => process.stdout.write(`${text}\n`)

function stop(message: string): never {
  process.stderr.write(`${message}\n\n${usage}`)
  process.exit(2)
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        dialect: { type: 'string', default: 'openai' },
        port: { type: 'string', default: '4010' },
        latency: { type: 'string', default: '0' },
        faults: { type: 'string', default: '0' },
        seed: { type: 'string', default: '1' },
        rate: { type: 'string' },
        burst: { type: 'string' },
        quiet: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (fault) {
    return stop(String(fault instanceof Error ? fault.message : fault))
  }
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= least && value <= most))
    stop(`--${name} ${text} is not a number from ${least} to ${most}`)
  return value
}

function logLine(...[request, milliseconds]: Parameters<NonNullable<FakeProviderOptions['onAnswer']>>): void {
  const { body, played, status } = request
  const format = body.questions
    ? 'decide'
    : body.tools
      ? 'tool'
      : ((body.response_format as { type?: string } | undefined)?.type ?? 'prompt')
  const time = new Date(request.at).toISOString()
  process.stderr.write(`${time} ${status ?? '---'} ${played} ${format} ${body.model} ${milliseconds.toFixed(1)}ms\n`)
}

const flags = readArguments()
if (flags.help) {
  process.stdout.write(usage)
} else if (flags.list) {
  for (const name of dialectNames()) say(`${name.padEnd(18)} ${loadDialect(name).about}`)
} else {
  if (!dialectNames().includes(flags.dialect)) stop(`there is no dialect ${flags.dialect}; --list shows them`)
  const most = Number.MAX_SAFE_INTEGER
  const seed = number('seed', flags.seed, 0, most)
  const perSecond = flags.rate === undefined ? undefined : number('rate', flags.rate, 0.001, most)
  const burst = flags.burst === undefined ? undefined : number('burst', flags.burst, 1, most)
  const provider = await startFakeProvider({
    dialect: flags.dialect,
    port: number('port', flags.port, 0, 65_535),
    latencyMs: number('latency', flags.latency, 0, 3_600_000),
    faults: evenFaults(number('faults', flags.faults, 0, 1), { seed }),
    seed,
    ...(perSecond === undefined ? {} : { rateLimit: { perSecond, ...(burst === undefined ? {} : { burst }) } }),
    ...(flags.quiet ? {} : { onAnswer: logLine }),
  }).catch((fault: Error) => stop(fault.message))
  say(`fake provider, dialect ${flags.dialect}: ${provider.url}`)
  say('start tagsmith against it:')
  const { contract } = provider.dialect.decisions ?? {}
  const api = contract ? `OPENAI_API=${contract === 'openai' ? 'decisions' : 'systemone'} ` : ''
  say(`  ${api}OPENAI_BASE_URL=${provider.url} OPENAI_API_KEY=fake OPENAI_MODEL=${provider.dialect.model} npm start`)
  const close = () => {
    void provider
      .close()
      .then(() => say(`stopped after ${provider.count()} requests ${JSON.stringify(provider.tally())}`))
  }
  process.once('SIGINT', close).once('SIGTERM', close)
}
