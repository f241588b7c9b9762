import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'

/** The page that is tested is the one that stands in `src`, also where it was changed since `npm ci`. */
export default function buildPage(): void {
  execFileSync('npm', ['run', '--silent', 'page'], { cwd: resolve(import.meta.dirname, '../..'), stdio: 'inherit' })
}
