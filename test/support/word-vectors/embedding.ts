import { crossProduct, type DenseMatrix } from './factorization.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

const COMMON_WORD = 1e-3
const SHARED_DIRECTIONS = 3

function normalizeRows({ rows, columns, values }: DenseMatrix): void {
  for (let row = 0; row < rows; row += 1) {
    const vector = values.subarray(row * columns, (row + 1) * columns)
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1
    vector.forEach((value, column) => {
      vector[column] = value / length
    })
  }
}

function withoutMean({ rows, columns, values }: DenseMatrix, frequencies: Float64Array): void {
  const total = frequencies.reduce((sum, frequency) => sum + frequency, 0)
  const mean = new Float64Array(columns)
  let weights = 0
  for (let row = 0; row < rows; row += 1) {
    const probability = frequencies[row]! / total
    const weight = (probability * COMMON_WORD) / (COMMON_WORD + probability)
    weights += weight
    for (let column = 0; column < columns; column += 1) mean[column]! += weight * values[row * columns + column]!
  }
  values.forEach((value, at) => {
    values[at] = value - mean[at % columns]! / weights
  })
}

/** Takes out what all words have in common, so that a cosine means kinship; works in place. */
export function centre(matrix: DenseMatrix, frequencies: Float64Array): void {
  const { rows, columns, values } = matrix
  normalizeRows(matrix)
  withoutMean(matrix, frequencies)
  const { vectors } = symmetricEigen(crossProduct(matrix, matrix))
  for (let row = 0; row < rows; row += 1) {
    const vector = values.subarray(row * columns, (row + 1) * columns)
    for (let direction = 0; direction < SHARED_DIRECTIONS; direction += 1) {
      const along = vector.reduce((sum, value, at) => sum + value * vectors[at * columns + direction]!, 0)
      vector.forEach((value, at) => {
        vector[at] = value - along * vectors[at * columns + direction]!
      })
    }
  }
  normalizeRows(matrix)
}
