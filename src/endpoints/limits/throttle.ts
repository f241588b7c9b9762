/** How fast an endpoint that counts requests may be asked, found from what it let through before it said no. */
export interface Throttle {
  /** Milliseconds until the next call may start. */
  wait(): number
  started(): void
  succeeded(): void
  /** After a 429. Many of them tell a rate; one alone only says that the rate is a little high. */
  limited(): void
}

const slot = 100
const slotsOfSecond = 10
const slots = 50
const refusalsThatTell = 3
const shareThatTells = 0.15
const callsThatTell = 20
const oneLesson = 300
const remembered = 30_000
const helped = 0.8
const lessonsInVain = 1
const calm = 5_000
const caution = 0.9
const relapse = 0.8
const slowdown = 0.98
const speedup = 1.02
const leastShare = 0.9

export function createThrottle(): Throttle {
  const passed = createMeter()
  const refused = createMeter()
  const shareRefused = () => refused.inLastSecond() / (refused.inLastSecond() + passed.inLastSecond())
  /** Once there is a rate, only many calls can tell a high one from bad luck. */
  const tells = () => {
    const no = refused.inLastSecond()
    const enough = perSecond === Number.POSITIVE_INFINITY || no + passed.inLastSecond() >= callsThatTell
    return no >= refusalsThatTell && shareRefused() >= shareThatTells && enough
  }
  let perSecond = Number.POSITIVE_INFINITY
  let floor = 0
  let until = 0
  let nextStart = 0
  let changedAt = 0
  let learnedAt = Number.NEGATIVE_INFINITY
  let lastShare = 0
  let inVain = 0
  let ignoredUntil = Number.NEGATIVE_INFINITY

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
      if (now < ignoredUntil) return
      if (!tells()) {
        perSecond = Math.max(floor, perSecond * slowdown)
        changedAt = now
      } else if (now - learnedAt > oneLesson) {
        const share = shareRefused()
        inVain = perSecond < Number.POSITIVE_INFINITY && share >= lastShare * helped ? inVain + 1 : 0
        lastShare = share
        if (inVain > lessonsInVain) {
          // It says no whatever the rate: these refusals have another reason.
          ignoredUntil = now + remembered
          until = now
          return
        }
        perSecond = Math.max(1, Math.min(perSecond * relapse, passed.inBestSecond() * caution))
        floor = perSecond * leastShare
        until = now + remembered
        nextStart = now
        learnedAt = now
        changedAt = now
      }
    },
  }
}

/** Counts events over the last seconds, in slots of a tenth. */
function createMeter() {
  const counts = new Uint32Array(slots)
  let current = 0
  const advance = () => {
    const now = Math.floor(performance.now() / slot)
    for (let passed = Math.max(current + 1, now - slots + 1); passed <= now; passed++) counts[passed % slots] = 0
    current = now
  }
  const secondBefore = (back: number) => {
    let sum = 0
    for (let at = back; at < back + slotsOfSecond; at++) sum += counts[(current - at + slots) % slots]!
    return sum
  }
  return {
    count() {
      advance()
      counts[current % slots]! += 1
    },
    inLastSecond(): number {
      advance()
      return secondBefore(0)
    },
    /** A second in which nobody went says nothing of what could have gone. */
    inBestSecond(): number {
      advance()
      return Math.max(...Array.from({ length: slots - slotsOfSecond }, (_, back) => secondBefore(back)))
    },
  }
}
