import { expect, onTestFinished, test } from 'vitest'
import { concurrency, runCatalogue } from '../support/catalogue-run.ts'
import { postgresSource, tableSource } from '../support/catalogue-sources.ts'
import { emptyFolder } from '../support/command.ts'
import { postgresPrograms, startTemporaryPostgres } from '../support/temporary-postgres.ts'

const programs = postgresPrograms()

// The short form, for a folder in test/cli/tag.test.ts; `npm run bench:catalogue -- 12000` is the long one.
test.each(['an Excel table', 'an Excel table by way of a service', ...(programs ? ['a PostgreSQL table'] : [])])(
  '%s through Ctrl-C, kill -9, a night without news, changed texts and a changed list: every call is counted',
  async kind => {
    const folder = emptyFolder()
    const server = kind === 'a PostgreSQL table' ? await startTemporaryPostgres(programs!) : undefined
    onTestFinished(() => server?.stop())
    const source = server ? await postgresSource(folder, server.url) : tableSource(folder)
    onTestFinished(() => source.close())
    const byService = kind.endsWith('service')
    const report = await runCatalogue({ source, items: 150, changed: 10, folder, latencyMs: 30, byService })
    const calls = report.steps.map(step => step.calls)
    expect(report).toMatchObject({ answered: 150, paidTwice: 0 })
    expect(report.steps.map(({ exitCode }) => exitCode)).toEqual([130, null, 0, 0, 0, 0])
    // Only what was being asked when the process was killed is asked about again.
    expect(calls[0]! + calls[1]! + calls[2]!).toBeLessThanOrEqual(150 + concurrency)
    expect(calls.slice(3, 5)).toEqual([0, 10])
    expect(report.askedForList).toBe(report.named)
    expect(report.named).toBeGreaterThan(0)
    expect(report.named).toBeLessThan(75)
  },
)
