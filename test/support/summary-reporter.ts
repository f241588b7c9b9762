import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run with one line that machines can read: `N passed, N failed`. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap(module => [...module.children.allTests()])
    const count = (state: string) => tests.filter(test => test.result().state === state).length
    const broken = modules.filter(module => !module.ok() && module.errors().length > 0).length
    const skipped = count('skipped')
    const line = `${count('passed')} passed, ${count('failed') + broken + errors.length} failed`
    process.stdout.write(`${line}${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
  }
}
