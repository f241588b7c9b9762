import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { formatWordVectors } from '../../../src/ranker/word-vectors.ts'
import { mutualInformation } from './co-occurrence.ts'
import { readDescriptions } from './debian-descriptions.ts'
import { centre } from './embedding.ts'
import { factorize } from './factorization.ts'
import { readVocabulary } from './vocabulary.ts'

const TRAINED_WORDS = 25_000
const KEPT_WORDS = 12_000
const DIMENSIONS = 128

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { release: { type: 'string' }, out: { type: 'string' } },
})
const [packagesFile, translationFile] = positionals
if (!packagesFile || !translationFile || !values.release || !values.out) {
  process.stderr.write('usage: --release "Debian 12.15 main amd64" --out FILE Packages Translation-en\n')
  process.exit(2)
}
const packages = readFileSync(packagesFile, 'utf8')
const translation = readFileSync(translationFile, 'utf8')
const descriptions = readDescriptions(packages, translation)
const vocabulary = readVocabulary(descriptions, TRAINED_WORDS)
const size = vocabulary.words.length
process.stderr.write(
  `${descriptions.length} descriptions, ${vocabulary.stream.length} words, ${size} of them different\n`,
)
const matrix = mutualInformation(vocabulary.stream, size)
process.stderr.write(`${matrix.values.length} pairs of words\n`)
const vectors = factorize(matrix, DIMENSIONS)
centre(vectors, vocabulary.frequencies)
const bytes = formatWordVectors({
  about: {
    source: `package descriptions of ${values.release}, without packages that carry labels`,
    terms: 'statistics of words; no description can be read back from them',
    input_sha256: createHash('sha256').update(packages).update(translation).digest('hex'),
    descriptions: descriptions.length,
  },
  words: vocabulary.words.slice(0, KEPT_WORDS),
  bodyWeights: vocabulary.bodyWeights.subarray(0, KEPT_WORDS),
  nameWeights: vocabulary.nameWeights.subarray(0, KEPT_WORDS),
  dimensions: DIMENSIONS,
  vectors: vectors.values.subarray(0, Math.min(size, KEPT_WORDS) * DIMENSIONS),
})
writeFileSync(values.out, bytes)
process.stderr.write(`${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex')}\n`)
