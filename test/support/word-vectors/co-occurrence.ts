/** A sparse square matrix, row after row. */
export interface SparseMatrix {
  readonly size: number
  readonly starts: Int32Array
  readonly columns: Int32Array
  readonly values: Float64Array
}

const WINDOW = 8
const CONTEXT_POWER = 0.75

/** Where each word stands in the stream. */
function positions(stream: Int32Array, size: number): { starts: Int32Array; places: Int32Array } {
  const starts = new Int32Array(size + 1)
  for (const word of stream) if (word >= 0) starts[word + 1]! += 1
  for (let word = 0; word < size; word += 1) starts[word + 1]! += starts[word]!
  const next = starts.slice()
  const places = new Int32Array(starts[size]!)
  stream.forEach((word, place) => {
    if (word >= 0) places[next[word]!++] = place
  })
  return { starts, places }
}

/** How much more often two words stand near each other than chance would have it (positive pointwise mutual information). */
export function mutualInformation(stream: Int32Array, size: number): SparseMatrix {
  const { starts, places } = positions(stream, size)
  const sums = new Float64Array(size)
  const near = new Float64Array(size)
  const touched: number[] = []
  const gather = (word: number): void => {
    for (const other of touched) near[other] = 0
    touched.length = 0
    for (let at = starts[word]!; at < starts[word + 1]!; at += 1) {
      const place = places[at]!
      for (const step of [-1, 1]) {
        for (let distance = 1; distance <= WINDOW; distance += 1) {
          const other = stream[place + step * distance] ?? -1
          if (other < 0) break
          if (near[other] === 0) touched.push(other)
          near[other]! += 1 / (1 + 0.1 * distance)
        }
      }
    }
  }
  for (let word = 0; word < size; word += 1) {
    gather(word)
    for (const other of touched) sums[word]! += near[other]!
  }
  const contexts = sums.map(sum => sum ** CONTEXT_POWER)
  const contextTotal = contexts.reduce((total, context) => total + context, 0)
  const rowStarts = new Int32Array(size + 1)
  const columns: number[] = []
  const values: number[] = []
  for (let word = 0; word < size; word += 1) {
    gather(word)
    touched.sort((left, right) => left - right)
    for (const other of touched) {
      const value = Math.log((near[other]! * contextTotal) / (sums[word]! * contexts[other]!))
      if (value <= 0) continue
      columns.push(other)
      values.push(value)
    }
    rowStarts[word + 1] = columns.length
  }
  return { size, starts: rowStarts, columns: Int32Array.from(columns), values: Float64Array.from(values) }
}
