export interface ShareOptions {
  readonly slots: number
  /** How many items of a batch are in flight now. */
  readonly inFlight: ReadonlyMap<string, number>
}

/** Each free slot goes to the batch that has the fewest items in flight, so that a small one does not wait for a huge one. */
export function shareSlots(batchIds: readonly string[], { slots, inFlight }: ShareOptions): Map<string, number> {
  const held = new Map(batchIds.map(id => [id, inFlight.get(id) ?? 0]))
  const shares = new Map<string, number>()
  for (let slot = 0; slot < slots && batchIds.length > 0; slot += 1) {
    const next = batchIds.reduce((best, id) => (held.get(id)! < held.get(best)! ? id : best))
    held.set(next, held.get(next)! + 1)
    shares.set(next, (shares.get(next) ?? 0) + 1)
  }
  return shares
}
