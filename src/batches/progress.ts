interface Sample {
  readonly at: number
  readonly ended: number
}

export interface Pace {
  /** Items per second over the last minute, from what was seen at each call; null until there is a past to compare. */
  of(batchId: string, now: Sample): number | null
  forget(batchId: string): void
}

const window = 60_000
const interval = 500

/** The rate of each batch that is looked at. */
export function createPace(): Pace {
  const samples = new Map<string, Sample[]>()
  return {
    of(batchId, now) {
      const seen = (samples.get(batchId) ?? []).filter(sample => sample.at > now.at - window)
      const [first] = seen
      const latest = seen.at(-1)
      if (latest === undefined || now.at - latest.at >= interval) seen.push(now)
      samples.set(batchId, seen)
      if (first === undefined || now.at - first.at < interval) return null
      return Math.max(0, (now.ended - first.ended) / ((now.at - first.at) / 1000))
    },
    forget: batchId => {
      samples.delete(batchId)
    },
  }
}
