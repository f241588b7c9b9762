import { readFileSync, writeFileSync } from 'node:fs'

// What each package says of the Node it needs is about the Node that npm runs on, which may be older than the one that
// comes with the project and runs them: npm would warn of it in five lines for each.
const file = new URL('../../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
for (const [path, entry] of Object.entries<{ engines?: object }>(lock.packages)) if (path !== '') delete entry.engines
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
