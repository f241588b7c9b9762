import type { DenseMatrix } from './factorization.ts'

const SWEEPS = 30

/** Eigenvalues, greatest first, and eigenvectors as columns of a small symmetric matrix (cyclic Jacobi). */
export function symmetricEigen(matrix: DenseMatrix): { values: Float64Array; vectors: Float64Array } {
  const size = matrix.rows
  const work = matrix.values.slice()
  const vectors = new Float64Array(size * size)
  for (let index = 0; index < size; index += 1) vectors[index * size + index] = 1
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    let rotated = false
    for (let first = 0; first < size - 1; first += 1) {
      for (let second = first + 1; second < size; second += 1) {
        const off = work[first * size + second]!
        const scale = Math.sqrt(Math.abs(work[first * size + first]! * work[second * size + second]!))
        if (Math.abs(off) <= 1e-12 * scale || off === 0) continue
        rotated = true
        rotate(work, vectors, size, first, second)
      }
    }
    if (!rotated) break
  }
  const order = Array.from({ length: size }, (_, index) => index).sort(
    (left, right) => work[right * size + right]! - work[left * size + left]! || left - right,
  )
  const sorted = new Float64Array(size * size)
  order.forEach((from, to) => {
    for (let row = 0; row < size; row += 1) sorted[row * size + to] = vectors[row * size + from]!
  })
  return { values: Float64Array.from(order, index => work[index * size + index]!), vectors: sorted }
}

function rotate(work: Float64Array, vectors: Float64Array, size: number, first: number, second: number): void {
  const off = work[first * size + second]!
  const theta = (work[second * size + second]! - work[first * size + first]!) / (2 * off)
  const tangent = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const cosine = 1 / Math.sqrt(tangent * tangent + 1)
  const sine = tangent * cosine
  const turn = (values: Float64Array, left: number, right: number): void => {
    const before = values[left]!
    const after = values[right]!
    values[left] = cosine * before - sine * after
    values[right] = sine * before + cosine * after
  }
  for (let index = 0; index < size; index += 1) turn(work, index * size + first, index * size + second)
  for (let index = 0; index < size; index += 1) turn(work, first * size + index, second * size + index)
  for (let index = 0; index < size; index += 1) turn(vectors, index * size + first, index * size + second)
}
