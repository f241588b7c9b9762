/** What of an item is needed to put it in its place; its text is read when its turn comes. */
export interface Waiting {
  readonly index: number
  readonly id: string | number | null
  readonly tags: readonly { readonly id: string | number; readonly name: string; readonly confidence: number | null }[]
}

/** An answer is as certain as its least certain tag. Nobody knows how certain one without confidences or tags is. */
export const certaintyOf = ({ tags }: Waiting): number =>
  Math.min(1, ...tags.map(({ confidence }) => confidence ?? 0.5), tags.length === 0 ? 0.5 : 1)

/** One in twenty, the same ones whenever the batch is looked at; a multiplicative hash spreads them. */
export const isSampled = (index: number): boolean => Math.imul(index + 1, 2_654_435_761) >>> 0 < 0x1_0000_0000 / 20
