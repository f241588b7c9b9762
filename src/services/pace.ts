/** How fast an endpoint that counts requests may be asked, found from what it let through before it said no. */
export interface Pace {
  /** Milliseconds until the next call may start. */
  wait(): number
  started(): void
  succeeded(): void
  /** After a 429. Many of them tell a rate; one alone only says that the pace is a little high. */
  limited(): void
}

const slot = 100
const slotsOfSecond = 10
const refusalsThatTell = 3
const shareThatTells = 0.15
const oneLesson = 300
const remembered = 30_000
const calm = 5_000
const caution = 0.9
const relapse = 0.8
const slowdown = 0.98
const speedup = 1.02
const leastShare = 0.9

export function createPace(): Pace {
  const passed = createMeter()
  const refused = createMeter()
  const shareOfRefusals = () => refused.inLastSecond() / (refused.inLastSecond() + passed.inLastSecond())
  let perSecond = Number.POSITIVE_INFINITY
  let floor = 0
  let until = 0
  let nextStart = 0
  let changedAt = 0
  let learnedAt = Number.NEGATIVE_INFINITY

  return {
    wait() {
      const now = performance.now()
      if (now > until) perSecond = Number.POSITIVE_INFINITY
      else if (now - changedAt > calm) {
        perSecond *= speedup
        changedAt = now - calm + 1_000
      }
      return perSecond === Number.POSITIVE_INFINITY ? 0 : Math.max(0, nextStart - now)
    },
    started() {
      const now = performance.now()
      nextStart = Math.max(now, nextStart) + 1_000 / perSecond
    },
    succeeded: passed.count,
    limited() {
      const now = performance.now()
      refused.count()
      if (refused.inLastSecond() < refusalsThatTell || shareOfRefusals() < shareThatTells) {
        perSecond = Math.max(floor, perSecond * slowdown)
        changedAt = now
      } else if (now - learnedAt > oneLesson) {
        perSecond = Math.max(1, Math.min(perSecond * relapse, passed.inLastSecond() * caution))
        floor = perSecond * leastShare
        until = now + remembered
        nextStart = now
        learnedAt = now
        changedAt = now
      }
    },
  }
}

/** Counts events over the last second, in slots of a tenth. */
function createMeter() {
  const counts = new Uint32Array(slotsOfSecond)
  let current = 0
  const advance = () => {
    const now = Math.floor(performance.now() / slot)
    for (let passed = Math.max(current + 1, now - slotsOfSecond + 1); passed <= now; passed++)
      counts[passed % slotsOfSecond] = 0
    current = now
  }
  return {
    count() {
      advance()
      counts[current % slotsOfSecond]! += 1
    },
    inLastSecond(): number {
      advance()
      return counts.reduce((sum, count) => sum + count, 0)
    },
  }
}
