/** What each example counts for a text, from how alike they are. */
export interface Ridge {
  /** Of a text whose similarity to each example this is. */
  weights(similarities: Float64Array): Float64Array
  /** Of an example itself, as if it were not among them. */
  leftOut(example: number): Float64Array
}

/**
 * Kernel ridge regression: the labels of a text are a weighted sum of those of the examples, and examples that say the
 * same share their weight, which neighbours that vote do not. The factor of the matrix is found once (Cholesky), the
 * weights of a text by two passes over it; without an example they follow from a row of the inverse, with no other fit.
 * @param similarities row after row, each up to the diagonal
 */
export function createRidge(similarities: readonly Float64Array[], regularization: number): Ridge {
  const size = similarities.length
  const factor = similarities.map(row => row.slice())
  for (let row = 0; row < size; row += 1) {
    const own = factor[row]!
    own[row]! += regularization
    for (let column = 0; column <= row; column += 1) {
      const other = factor[column]!
      let sum = own[column]!
      for (let at = 0; at < column; at += 1) sum -= own[at]! * other[at]!
      own[column] = column === row ? Math.sqrt(Math.max(sum, regularization)) : sum / other[column]!
    }
  }

  function solve(right: Float64Array): Float64Array {
    const found = right.slice()
    for (let row = 0; row < size; row += 1) {
      const own = factor[row]!
      let sum = found[row]!
      for (let at = 0; at < row; at += 1) sum -= own[at]! * found[at]!
      found[row] = sum / own[row]!
    }
    for (let row = size - 1; row >= 0; row -= 1) {
      const own = factor[row]!
      const value = found[row]! / own[row]!
      found[row] = value
      for (let at = 0; at < row; at += 1) found[at]! -= own[at]! * value
    }
    return found
  }

  return {
    weights: solve,
    leftOut(example) {
      const unit = new Float64Array(size)
      unit[example] = 1
      const inverse = solve(unit)
      const own = inverse[example]!
      const weights = inverse.map(value => -value / own)
      weights[example] = 0
      return weights
    },
  }
}
