import { createQueue } from '../../core/time/queue.ts'
import type { RequestBucket } from '../../core/time/retry-after.ts'
import { createThrottle } from './throttle.ts'

interface Waiter {
  enter(): void
}

/** How many calls an endpoint is asked at once: learned from its answers, shared by all requests. */
export interface ConcurrencyLimit {
  /**
   * Waits for a place, first come first served among equals; in the background nobody waits for the answer, and all
   * others go first. @throws the reason of `signal`
   */
  enter(signal: AbortSignal, options?: { readonly background: boolean }): Promise<void>
  leave(): void
  /** After an answer: grows back, and heeds what the endpoint says is left. */
  answered(bucket: RequestBucket | undefined): void
  /** After a 429: nobody goes before the wait is over but a call now and then that tries, and fewer go at once then. */
  limited(wait: number): void
  /** Milliseconds until somebody may go; 0 also when it is time to try whether a long wait still holds. */
  heldFor(): number
  state(): { readonly limit: number; readonly active: number; readonly waiting: number }
}

const growthInterval = 250
const calmBeforeGrowth = 1_000
/** Those that were on their way together teach one lesson. */
const sameLesson = 200

export interface LimitOptions {
  readonly most: number
  /** However long an endpoint asks to be left alone: so often, in milliseconds, one call tries. */
  readonly tryAfter?: number
}

export function createConcurrencyLimit({ most, tryAfter = 60_000 }: LimitOptions): ConcurrencyLimit {
  const foreground = createQueue<Waiter>()
  const background = createQueue<Waiter>()
  const throttle = createThrottle()
  let limit = most
  let active = 0
  let heldUntil = 0
  /** When the next call tries although the wait is not over. */
  let tryAt = 0
  let trying = false
  let limitedInRow = 0
  let shrunkAt = Number.NEGATIVE_INFINITY
  let grownAt = 0
  /** What the endpoint said it takes until its bucket is full again. */
  let remaining = { left: Number.POSITIVE_INFINITY, until: 0 }
  let timer: NodeJS.Timeout | undefined
  const entered = Promise.resolve()

  const isHeld = (now: number) => now < heldUntil && now < tryAt

  const heldFor = () => {
    const now = performance.now()
    const held = isHeld(now) ? heldUntil - now : 0
    return Math.max(0, held, throttle.wait(), remaining.left > 0 ? 0 : remaining.until - now)
  }

  /** A timer takes no more than 24 days, and a long wait is tried before it is over. */
  const nextLook = (wait: number) => {
    const now = performance.now()
    return Math.min(wait, tryAfter, isHeld(now) ? tryAt - now : tryAfter)
  }

  const nobodyWaits = () => foreground.length === 0 && background.length === 0

  function take(): void {
    const now = performance.now()
    if (now < heldUntil) {
      trying = true
      tryAt = now + tryAfter
    }
    active += 1
    remaining.left -= 1
    throttle.started()
  }

  function admit(): void {
    clearTimeout(timer)
    timer = undefined
    while (active < limit && !nobodyWaits()) {
      const wait = heldFor()
      if (wait > 0) {
        timer = setTimeout(admit, nextLook(wait))
        return
      }
      const waiter = foreground.take() ?? background.take()
      take()
      waiter?.enter()
    }
  }

  return {
    enter(signal, options) {
      if (signal.aborted) return Promise.reject(signal.reason)
      if (nobodyWaits() && active < limit && heldFor() <= 0) {
        take()
        return entered
      }
      const waiting = options?.background ? background : foreground
      return new Promise<void>((resolve, reject) => {
        const abandon = () => {
          waiting.remove(waiter)
          admit()
          reject(signal.reason)
        }
        const waiter = {
          enter() {
            signal.removeEventListener('abort', abandon)
            resolve()
          },
        }
        signal.addEventListener('abort', abandon, { once: true })
        waiting.add(waiter)
        admit()
      })
    },
    leave() {
      active -= 1
      admit()
    },
    answered(bucket) {
      const now = performance.now()
      limitedInRow = 0
      throttle.succeeded()
      if (trying) heldUntil = now
      trying = false
      if (limit < most && now - shrunkAt > calmBeforeGrowth && now - grownAt > growthInterval) {
        limit += 1
        grownAt = now
      }
      // Calls in progress are not in the endpoint's count yet.
      if (bucket) remaining = { left: bucket.remaining - (active - 1), until: now + Math.min(bucket.fullIn, tryAfter) }
      else if (now >= remaining.until) remaining = { left: Number.POSITIVE_INFINITY, until: 0 }
    },
    limited(wait) {
      const now = performance.now()
      limitedInRow += 1
      throttle.limited()
      // One 429 among answers is chance; when nothing else comes back, too many were on their way together.
      if ((limitedInRow > 1 || active === 1) && now >= shrunkAt + sameLesson) {
        limit = Math.max(1, Math.floor(limit / 2))
        shrunkAt = now
      }
      // What a call that tries is told is newer than what was told before.
      heldUntil = trying ? now + wait : Math.max(heldUntil, now + wait)
      tryAt = now + tryAfter
      trying = false
    },
    heldFor,
    state: () => ({ limit, active, waiting: foreground.length + background.length }),
  }
}
