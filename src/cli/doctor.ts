import type { Command } from 'commander'
import { createServices } from '../compose.ts'
import { loadConfig } from '../config.ts'
import type { Diagnosis } from '../domain/diagnosis.ts'
import { type CommandContext, exitCodes } from './terminal.ts'

export function addDoctorCommand(program: Command, { terminal, run }: CommandContext): void {
  program
    .command('doctor')
    .description('ask the configured endpoints what they accept, enforce and ignore')
    .option('--json', 'write the findings as JSON')
    .action(
      run(async ({ json }: { json?: boolean }) => {
        const { doctor } = await createServices(loadConfig(terminal.env))
        const findings = await doctor.examine({ signal: new AbortController().signal })
        terminal.stdout.write(json ? `${JSON.stringify(findings, null, 2)}\n` : findings.map(inWords).join('\n'))
        return findings.every(({ healthy }) => healthy) ? exitCodes.ok : exitCodes.failure
      }),
    )
}

function inWords(finding: Diagnosis): string {
  const { format, problem, rejected, parameters, first_ms, second_ms, input_tokens, cached_input_tokens } = finding
  const lines: [string, string][] = [['endpoint', `${finding.model} at ${finding.endpoint}`]]
  if (problem) lines.push(['problem', `${problem.code}: ${problem.message}`])
  if (rejected.length > 0) lines.push(['turned down', rejected.join(', ')])
  if (format) {
    lines.push(
      ['schema', formatInWords(format)],
      ['enforced', finding.enforces_schema],
      ['parameters', parameters.join(', ') || 'none'],
      ['confidences', finding.logprobs ? 'yes' : 'no'],
      ['latency', `${first_ms} ms, then ${second_ms} ms`],
      [
        'input tokens',
        `${input_tokens ?? 'not told'}, of which cached at the second call: ${cached_input_tokens ?? 'not told'}`,
      ],
    )
  }
  for (const advice of finding.advice) lines.push(['advice', advice])
  lines.push(['verdict', finding.healthy ? 'ready' : 'not ready'])
  return lines.map(([what, text]) => `${what.padEnd(14)}${text}\n`).join('')
}

function formatInWords({ type, strict, enum: closed, omitted }: NonNullable<Diagnosis['format']>): string {
  const details = [
    strict ? 'strict' : 'not strict',
    closed ? 'with the closed list' : 'without the closed list',
    ...omitted.map(keyword => `without ${keyword}`),
  ]
  return type === 'json_schema' || type === 'tool' ? `${type}, ${details.join(', ')}` : type
}
