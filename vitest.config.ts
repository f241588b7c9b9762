import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

// Workers, and the processes that tests start, take what V8 has compiled before from here.
process.env.NODE_COMPILE_CACHE ??= resolve(import.meta.dirname, 'node_modules/.cache/compile')

export default defineConfig({
  test: {
    globalSetup: ['./test/support/build-page.ts'],
    include: ['test/**/*.test.ts'],
    // A process of its own takes its time on a machine that has other work to do.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    // More than most machines of CI have processors: many tests wait for a limit of time or for another process.
    maxWorkers: 4,
    reporters: ['default', './test/support/summary-reporter.ts'],
    // Node runs TypeScript as it is, and no module is replaced.
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
})
