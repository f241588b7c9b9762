import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { foldName, type Tag } from '../../../src/core/tags/tag-list.ts'
import { shippedTags } from '../../support/tag-lists.ts'

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

function debianNames(): string[] {
  try {
    const names = execFileSync('apt-cache', ['pkgnames'], { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: 'pipe' })
    return names.split('\n').filter(name => name !== '')
  } catch {
    return []
  }
}

/** Names made of two parts of other names, as package names are. */
function* madeUpNames(names: readonly string[]): Generator<string> {
  const parts = [...new Set(names.flatMap(name => name.split(/[-\s]+/)))].filter(part => part.length > 1).sort()
  for (let step = 1; step < parts.length; step += 1)
    for (let first = 0; first < parts.length; first += 1)
      yield `${parts[first]}-${parts[(first * 31 + step * 977) % parts.length]}`
}

/** Where the names come from, and a source of as many as a list needs. */
export function readPadding(): { source: string; pad(tags: readonly Tag[], size: number): Tag[] } {
  const found = debianNames()
  const source =
    found.length > 0
      ? `${found.length} names of Debian packages, then pairs of their parts`
      : 'pairs of the parts of shipped names and aliases (no apt-cache here)'
  const seeds = found.length > 0 ? found : shippedTags().flatMap(({ name, aliases = [] }) => [name, ...aliases])
  const shuffled = found.map(name => ({ name, key: hash(name) })).sort((left, right) => (left.key < right.key ? -1 : 1))
  return {
    source,
    pad(tags, size) {
      const taken = new Set(tags.flatMap(({ name, aliases = [] }) => [name, ...aliases].map(foldName)))
      const padded: Tag[] = [...tags]
      const add = (name: string): void => {
        if (padded.length >= size || taken.has(foldName(name))) return
        taken.add(foldName(name))
        padded.push({ id: `padding-${padded.length}`, name })
      }
      for (const { name } of shuffled) add(name)
      for (const name of madeUpNames(seeds)) {
        if (padded.length >= size) break
        add(name)
      }
      return padded
    },
  }
}
