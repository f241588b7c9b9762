import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isContentWord, tokenize } from '../../../src/ranker/tokens.ts'
import { readDescriptions } from './debian-descriptions.ts'
import { everydayWords, wordsOf } from './vocabulary.ts'
import { readSynsets } from './wordnet.ts'

/** The words and the texts that `fit_word_vectors.py` fits word vectors on, read as the ranker reads them. */

const WORDS_OF_SOFTWARE = 12_000
const EVERYDAY_WORDS = 9_000
const SIZES = [10, 20, 35, 50]
const COMMON = 35
const WORDS_OF_SYNSET = 3
const SHORTEST_EXAMPLE = 4

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { release: { type: 'string' }, out: { type: 'string' } },
})
const [packagesFile, translationFile, wordnet, scowl, tokenizer] = positionals
if (!packagesFile || !translationFile || !wordnet || !scowl || !tokenizer || !values.release || !values.out) {
  process.stderr.write(
    'usage: --release "Debian 12.15 main amd64" --out FOLDER Packages Translation-en WORDNET SCOWL tokenizer.json\n',
  )
  process.exit(2)
}

const inputs = createHash('sha256')
function read(file: string, encoding: BufferEncoding = 'utf8'): string {
  const bytes = readFileSync(file)
  inputs.update(bytes)
  return bytes.toString(encoding)
}

interface Text {
  readonly kind: 'description' | 'definition' | 'example'
  readonly text: string
}

const descriptions = readDescriptions(read(packagesFile), read(translationFile))
const ofSoftware = descriptions.flatMap(({ summary, body }): Text[] => [
  { kind: 'description', text: summary },
  { kind: 'description', text: body.replace(/\s+/g, ' ').match(/^.{1,220}(?=[ .])/)?.[0] ?? body },
])

const lists = SIZES.map(size => ({
  size,
  words: ['english', 'american'].flatMap(variant =>
    read(join(scowl, `${variant}-words.${size}`), 'latin1')
      .split('\n')
      .filter(word => /^[a-z]{3,}$/.test(word)),
  ),
}))
const common = new Set(lists.filter(({ size }) => size <= COMMON).flatMap(({ words }) => words))
const ofEverything = ['noun', 'verb', 'adj', 'adv'].flatMap(kind =>
  readSynsets(read(join(wordnet, `data.${kind}`)))
    .filter(({ words }) => words.some(word => word.split(' ').every(part => common.has(part))))
    .flatMap(({ words, definition, examples }): Text[] => [
      { kind: 'definition', text: `${words.slice(0, WORDS_OF_SYNSET).join(', ')}: ${definition}` },
      ...examples
        .filter(example => example.split(' ').length >= SHORTEST_EXAMPLE)
        .map(text => ({ kind: 'example' as const, text })),
    ]),
)

const texts = [...ofSoftware, ...ofEverything]
  .map(text => ({ ...text, tokens: tokenize(text.text) }))
  .filter(({ tokens }) => tokens.some(isContentWord))
const software = wordsOf(descriptions, WORDS_OF_SOFTWARE)
const pieces = Object.entries<number>(JSON.parse(read(tokenizer)).model.vocab)
  .sort((left, right) => left[1] - right[1])
  .map(([piece]) => piece)
const everyday = everydayWords(
  { lists, pieces, texts: texts.map(({ tokens }) => tokens) },
  new Set(software.map(({ word }) => word)),
  EVERYDAY_WORDS,
)

const lines = (rows: readonly object[]): string => rows.map(row => `${JSON.stringify(row)}\n`).join('')
mkdirSync(values.out, { recursive: true })
writeFileSync(join(values.out, 'words.jsonl'), lines([...software, ...everyday]))
writeFileSync(join(values.out, 'texts.jsonl'), lines(texts))
const about = {
  source: `package descriptions of ${values.release}, without packages that carry labels; WordNet 3.0; word lists of SCOWL`,
  terms: 'statistics of words; no text can be read back from them',
  input_sha256: inputs.digest('hex'),
  descriptions: descriptions.length,
}
writeFileSync(join(values.out, 'about.json'), JSON.stringify(about))
process.stderr.write(`${software.length} and ${everyday.length} words, ${texts.length} texts\n`)
