export interface ShareOptions {
  readonly slots: number
  /** How many items of a batch are in progress now. */
  readonly inProgress: ReadonlyMap<string, number>
  /** How many it may have. */
  readonly most: (batchId: string) => number
  /** Whose batch it is. */
  readonly accountOf: (batchId: string) => string
  /** How many items all batches of a key may have together; undefined for any number. */
  readonly mostOfAccount: (account: string) => number | undefined
}

/**
 * Each free slot goes to the batch that has the fewest items in progress, so that a small one does not wait for a huge
 * one. Of equals it is the first.
 */
export function shareSlots(
  batchIds: readonly string[],
  { slots, inProgress, most, accountOf, mostOfAccount }: ShareOptions,
): Map<string, number> {
  const held = new Map(batchIds.map(id => [id, inProgress.get(id) ?? 0]))
  const shares = new Map<string, number>()
  const ofAccount = new Map<string, number>()
  for (const [id, count] of inProgress) ofAccount.set(accountOf(id), (ofAccount.get(accountOf(id)) ?? 0) + count)
  const hasRoom = (id: string) => {
    const limit = mostOfAccount(accountOf(id))
    return limit === undefined || (ofAccount.get(accountOf(id)) ?? 0) < limit
  }
  for (let slot = 0; slot < slots; slot += 1) {
    const open = batchIds.filter(id => held.get(id)! < most(id) && hasRoom(id))
    if (open.length === 0) break
    const next = open.reduce((best, id) => (held.get(id)! < held.get(best)! ? id : best))
    held.set(next, held.get(next)! + 1)
    ofAccount.set(accountOf(next), (ofAccount.get(accountOf(next)) ?? 0) + 1)
    shares.set(next, (shares.get(next) ?? 0) + 1)
  }
  return shares
}
