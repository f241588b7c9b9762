import type { Command } from 'commander'
import type { Diagnosis } from '../doctor/index.ts'
import type { formatInWords } from '../endpoints/index.ts'
import { examples } from './common/flags.ts'
import { loadServices } from './services.ts'
import { type CommandContext, exitCodes, isTerminal } from './terminal.ts'

/** Times the time that a call may take: how long the doctor waits, so as to tell how long it takes. */
const callTimeFactor = 10
const longestCallTime = 600_000

export function addDoctorCommand(program: Command, { terminal, run }: CommandContext): void {
  program
    .command('doctor')
    .description('ask the configured endpoints what they accept, enforce, see and ignore')
    .option('--json', 'write the findings as JSON')
    .addHelpText(
      'after',
      examples('tagsmith doctor', 'OPENAI_BASE_URL=http://127.0.0.1:11434/v1 OPENAI_MODEL=llama3.2 tagsmith doctor'),
    )
    .action(
      run(async ({ json }: { json?: boolean }) => {
        const [{ createServices }, { loadConfig }] = await loadServices()
        const { formatInWords } = await import('../endpoints/index.ts')
        const config = loadConfig(terminal.env)
        const callTimes = config.upstreamTimes.map(({ callTime }) => callTime * callTimeFactor)
        const { doctor } = await createServices(config, {
          leastCallTime: Math.min(longestCallTime, Math.max(0, ...callTimes)),
        })
        if (isTerminal(terminal.stderr) && callTimes.length > 0)
          terminal.stderr.write('asking; a model that is slow, or has to be loaded, may take minutes\n')
        const findings = await doctor.examine({ signal: new AbortController().signal })
        terminal.stdout.write(
          json
            ? `${JSON.stringify(findings, null, 2)}\n`
            : findings.map(finding => inWords(finding, formatInWords)).join('\n'),
        )
        return findings.every(({ healthy }) => healthy) ? exitCodes.ok : exitCodes.failure
      }),
    )
}

type InWords = typeof formatInWords

function inWords(finding: Diagnosis, schemaInWords: InWords): string {
  const { format, problem, said, rejected, steps, advice, settings } = finding
  const lines: [string, string][] = [['endpoint', `${finding.model} at ${finding.endpoint}`]]
  if (problem) lines.push(['problem', `${problem.code}: ${problem.message}`])
  if (said !== null) lines.push(['it said', said])
  if (rejected.length > 0) lines.push(['turned down', rejected.join(', ')])
  for (const { change, reason, kept_for } of steps)
    lines.push(['step', `${change}: ${reason}; kept for ${keptFor[kept_for]}`])
  if (format && format.type !== 'local') lines.push(...findingsInWords(finding, schemaInWords(format)))
  if (finding.shutdown_date !== null) lines.push(['shut down', `on ${finding.shutdown_date}, says its provider`])
  for (const text of advice) lines.push(['advice', text])
  if (settings !== null) lines.push(['settings', settings])
  lines.push(['verdict', verdict(finding)])
  return lines.map(([what, text]) => `${what.padEnd(14)}${text}\n`).join('')
}

function findingsInWords(finding: Diagnosis, schema: string): [string, string][] {
  const { first_ms, second_ms, long_ms, input_tokens, cached_input_tokens } = finding
  const long = long_ms === null ? '' : `; a text as long as TEXT_BUDGET allows ${long_ms} ms`
  return [
    ['schema', schema],
    ['enforced', finding.enforces_schema],
    ['parameters', finding.parameters.join(', ') || 'none'],
    ['confidences', finding.logprobs ? 'yes' : 'no'],
    ['tells apart', `two unlike texts: ${finding.tells_apart}`],
    ['latency', `${first_ms} ms, then ${second_ms} ms${long}`],
    [
      'input tokens',
      `${input_tokens ?? 'not told'}, of which cached at the second call: ${cached_input_tokens ?? 'not told'}`,
    ],
    ['prompt seen', finding.prompt_seen.replaceAll('_', ' ')],
  ]
}

function verdict({ healthy, format, advice, settings }: Diagnosis): string {
  if (!healthy) return 'not ready'
  if (format?.type === 'local')
    return advice.length > 0 ? 'no model; the embedded ranker answers' : 'the embedded ranker stands by'
  return advice.length > 0 || settings !== null ? 'ready, with what is said above' : 'ready'
}

const keptFor = {
  model: 'the model',
  list: 'this tag list',
  request: 'that request alone',
  nothing: 'nothing',
} as const
