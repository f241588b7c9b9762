export interface FairShare {
  /** Which batch gets how many of the free slots. A batch that has just come starts level with the least served. */
  share(batchIds: readonly string[], slots: number): Map<string, number>
  /** The batch had no use for so many of its slots. */
  giveBack(batchId: string, slots: number): void
}

/** Each free slot goes to the batch that was served least, so that a small batch does not wait for a huge one. */
export function createFairShare(): FairShare {
  let served = new Map<string, number>()
  return {
    share(batchIds, slots) {
      const known = batchIds.flatMap(id => served.get(id) ?? [])
      const least = known.length > 0 ? Math.min(...known) : 0
      served = new Map(batchIds.map(id => [id, served.get(id) ?? least]))
      const shares = new Map<string, number>()
      for (let slot = 0; slot < slots && batchIds.length > 0; slot += 1) {
        const next = batchIds.reduce((best, id) => (served.get(id)! < served.get(best)! ? id : best))
        served.set(next, served.get(next)! + 1)
        shares.set(next, (shares.get(next) ?? 0) + 1)
      }
      return shares
    },
    giveBack(batchId, slots) {
      const count = served.get(batchId)
      if (count !== undefined) served.set(batchId, count - slots)
    },
  }
}
