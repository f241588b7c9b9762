export interface Description {
  readonly summary: string
  readonly body: string
}

/** A package with this many labels may stand in a labelled set, so its text stays out of the corpus. */
const LABELS_OF_A_LABELLED_PACKAGE = 2

function field(paragraph: string, name: string): string {
  const start = paragraph.startsWith(`${name}:`) ? 0 : paragraph.indexOf(`\n${name}:`) + 1
  if (start === 0 && !paragraph.startsWith(`${name}:`)) return ''
  const end = paragraph.slice(start).search(/\n(?! )/)
  return paragraph.slice(start + name.length + 1, end < 0 ? undefined : start + end).trim()
}

/** Sources of packages that Debian's people labelled: measuring on those texts would measure what was learnt by heart. */
function labelledSources(packages: readonly string[]): { sources: Set<string>; sourceOf: Map<string, string> } {
  const sources = new Set<string>()
  const sourceOf = new Map<string, string>()
  for (const paragraph of packages) {
    const name = field(paragraph, 'Package')
    const source = field(paragraph, 'Source').split(' ')[0] || name
    sourceOf.set(name, source)
    const labels = field(paragraph, 'Tag').split(',').length
    if (labels >= LABELS_OF_A_LABELLED_PACKAGE) sources.add(source)
  }
  return { sources, sourceOf }
}

/** The package descriptions of a Debian release that no labelled set can hold, each once, in the order of the file. */
export function readDescriptions(packagesFile: string, translationFile: string): Description[] {
  const { sources, sourceOf } = labelledSources(packagesFile.split('\n\n'))
  const seen = new Set<string>()
  const descriptions: Description[] = []
  for (const paragraph of translationFile.split('\n\n')) {
    const name = field(paragraph, 'Package')
    const source = sourceOf.get(name)
    if (source === undefined || sources.has(source)) continue
    const [summary = '', ...lines] = field(paragraph, 'Description-en').split('\n')
    const body = lines.map(line => line.replace(/^ \.?/, '')).join('\n')
    const key = body.replace(/\s+/g, ' ').trim() || summary
    if (seen.has(key)) continue
    seen.add(key)
    descriptions.push({ summary, body })
  }
  return descriptions
}
