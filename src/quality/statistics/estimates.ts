import { type Interval, wilson } from './proportions.ts'
import { type BootstrapOptions, bootstrap, mean } from './resampling.ts'

export interface Estimate extends Interval {
  readonly value: number
  /** What the value is of. */
  readonly size: number
}

export const estimatedMean = (values: readonly number[], options?: BootstrapOptions): Estimate => ({
  ...{ value: mean(values), size: values.length },
  ...bootstrap(values, options),
})

export const estimatedShare = (hits: number, size: number): Estimate => ({
  ...{ value: size === 0 ? 0 : hits / size, size },
  ...wilson(hits, size),
})
