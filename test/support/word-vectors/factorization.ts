import type { SparseMatrix } from './co-occurrence.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

/** Row-major. */
export interface DenseMatrix {
  readonly rows: number
  readonly columns: number
  readonly values: Float64Array
}

const OVERSAMPLING = 16
const POWER_ITERATIONS = 4

/** A generator of numbers that is the same everywhere (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function multiply(matrix: SparseMatrix, dense: DenseMatrix, transposed: boolean): DenseMatrix {
  const width = dense.columns
  const result = new Float64Array(matrix.size * width)
  for (let row = 0; row < matrix.size; row += 1) {
    for (let at = matrix.starts[row]!; at < matrix.starts[row + 1]!; at += 1) {
      const from = (transposed ? row : matrix.columns[at]!) * width
      const to = (transposed ? matrix.columns[at]! : row) * width
      const value = matrix.values[at]!
      for (let column = 0; column < width; column += 1) result[to + column]! += value * dense.values[from + column]!
    }
  }
  return { rows: matrix.size, columns: width, values: result }
}

/** Left times right, where left is read by columns: the small square of two tall matrices. */
export function crossProduct(left: DenseMatrix, right: DenseMatrix): DenseMatrix {
  const values = new Float64Array(left.columns * right.columns)
  for (let row = 0; row < left.rows; row += 1) {
    for (let first = 0; first < left.columns; first += 1) {
      const factor = left.values[row * left.columns + first]!
      const to = first * right.columns
      const from = row * right.columns
      for (let second = 0; second < right.columns; second += 1)
        values[to + second]! += factor * right.values[from + second]!
    }
  }
  return { rows: left.columns, columns: right.columns, values }
}

/** Makes the columns of a tall matrix orthonormal, through the eigenvectors of its small square. */
function orthonormal(matrix: DenseMatrix): DenseMatrix {
  const { values, vectors } = symmetricEigen(crossProduct(matrix, matrix))
  const width = matrix.columns
  const turn = new Float64Array(width * width)
  for (let column = 0; column < width; column += 1) {
    const length = Math.sqrt(Math.max(values[column]!, 1e-300))
    for (let row = 0; row < width; row += 1) turn[row * width + column] = vectors[row * width + column]! / length
  }
  return timesSmall(matrix, { rows: width, columns: width, values: turn })
}

function timesSmall(tall: DenseMatrix, small: DenseMatrix): DenseMatrix {
  const values = new Float64Array(tall.rows * small.columns)
  for (let row = 0; row < tall.rows; row += 1) {
    for (let inner = 0; inner < tall.columns; inner += 1) {
      const factor = tall.values[row * tall.columns + inner]!
      for (let column = 0; column < small.columns; column += 1)
        values[row * small.columns + column]! += factor * small.values[inner * small.columns + column]!
    }
  }
  return { rows: tall.rows, columns: small.columns, values }
}

/** The first left singular vectors, each times the root of its singular value (randomised subspace iteration). */
export function factorize(matrix: SparseMatrix, dimensions: number): DenseMatrix {
  const random = seededRandom(20261122)
  const width = dimensions + OVERSAMPLING
  const start = Float64Array.from({ length: matrix.size * width }, () => random() + random() + random() - 1.5)
  let basis = orthonormal(multiply(matrix, { rows: matrix.size, columns: width, values: start }, false))
  for (let round = 0; round < POWER_ITERATIONS; round += 1) {
    basis = orthonormal(multiply(matrix, basis, true))
    basis = orthonormal(multiply(matrix, basis, false))
  }
  const projected = multiply(matrix, basis, true)
  const { values, vectors } = symmetricEigen(crossProduct(projected, projected))
  const small = new Float64Array(width * dimensions)
  for (let column = 0; column < dimensions; column += 1) {
    const share = Math.max(values[column]!, 0) ** 0.25
    for (let row = 0; row < width; row += 1) small[row * dimensions + column] = vectors[row * width + column]! * share
  }
  return timesSmall(basis, { rows: width, columns: dimensions, values: small })
}
