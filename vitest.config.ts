import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

const top = import.meta.dirname

// Workers, and the processes that tests start, take what V8 has compiled before from here.
process.env.NODE_COMPILE_CACHE ??= resolve(top, 'node_modules/.cache/compile')

/** Whose tests leave a process as they found it. */
const rooms = [
  ...['accounting', 'answers', 'batches', 'classify', 'cli', 'client', 'core', 'doctor', 'documents', 'endpoints'],
  ...['http', 'prompts', 'quality', 'ranker'],
]
/** It patches every request of a process from the moment it is loaded. */
const loadsNock = (file: string) =>
  /'nock'|support\/(endpoint|choosy-server)\.ts/.test(readFileSync(join(top, file), 'utf8'))
const shared = globSync(`test/{${rooms.join()}}/**/*.test.ts`, { cwd: top }).filter(file => !loadsNock(file))

export default defineConfig({
  test: {
    globalSetup: ['./test/support/build-page.ts'],
    // A process of its own takes its time on a machine that has other work to do.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    // More than most machines of CI have processors: many tests wait for a limit of time or for another process.
    maxWorkers: 4,
    reporters: ['default', './test/support/summary-reporter.ts'],
    // Node runs TypeScript as it is, and no module is replaced.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    projects: [
      // A worker loads the modules once for all of these, and compiles them once.
      { extends: true, test: { name: 'shared', include: shared, isolate: false } },
      { extends: true, test: { name: 'isolated', include: ['test/**/*.test.ts'], exclude: shared } },
    ],
  },
})
