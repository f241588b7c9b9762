export interface Synset {
  /** Words for one thing. */
  readonly words: readonly string[]
  readonly definition: string
  /** Sentences that use one of them. */
  readonly examples: readonly string[]
}

/** Reads a data file of WordNet (wndb(5WN)): a synset a line, its words counted in hexadecimal, the gloss behind a bar. */
export function readSynsets(file: string): Synset[] {
  return file.split('\n').flatMap(line => {
    const [data, gloss] = line.split(' | ')
    if (!gloss || !/^\d{8} /.test(line)) return []
    const fields = data!.split(' ')
    const words = Array.from({ length: Number.parseInt(fields[3]!, 16) }, (_, at) =>
      fields[4 + 2 * at]!.replace(/\(.*\)/, '').replaceAll('_', ' '),
    )
    const examples = Array.from(gloss.matchAll(/"([^"]+)"/g), match => match[1]!)
    return [{ words, definition: gloss.replace(/;?\s*"[^"]*"/g, '').trim(), examples }]
  })
}
