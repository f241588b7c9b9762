import { ServiceError } from '../core/outcome.ts'
import { createQueue } from '../core/time/queue.ts'

interface AdmittedRequests {
  readonly working: number
  readonly waiting: number
}

/** How many requests are worked on at once, and how many more may be let in; the next one is refused at once. */
export interface Admission {
  /** @throws ServiceError overloaded when there is no place */
  check(): void
  /** Takes one of all places. @throws ServiceError overloaded */
  enter(): Place
  /**
   * Waits behind all requests for a turn of its own, and holds no place until then: for a part of a request that is
   * let in already. @throws the reason of `signal`
   */
  spareTurn(signal: AbortSignal): Promise<Pick<Place, 'leave'>>
  state(): AdmittedRequests
}

export interface Place {
  /** Begins when its turn has come, first come first served; never, when it has left. */
  turn(begin: () => void): void
  /** Gives the place back, whether or not its turn has come. */
  leave(): void
}

export function createAdmission({ working: mostWorking, waiting: mostWaiting }: AdmittedRequests): Admission {
  /** By what begins when the turn has come. */
  const queue = createQueue<() => void>()
  const spare = createQueue<() => void>()
  let inside = 0
  let working = 0

  function next(): void {
    while (working < mostWorking) {
      const begin = queue.take() ?? spare.take()
      if (begin === undefined) return
      working += 1
      begin()
    }
  }

  function check(): void {
    if (inside < mostWorking + mostWaiting) return
    throw new ServiceError('overloaded', 'Too many requests are in work and waiting.', { retryAfter: 1 })
  }

  function leaveTurn(): void {
    inside -= 1
    working -= 1
    next()
  }

  return {
    check,
    enter() {
      check()
      inside += 1
      let state: 'outside' | 'waiting' | 'working' | 'gone' = 'outside'
      let work: (() => void) | undefined
      const waiter = () => {
        const begin = work
        // Let go of, as a place outlives its work.
        work = undefined
        state = 'working'
        begin?.()
      }
      return {
        turn(begin) {
          state = 'waiting'
          work = begin
          queue.add(waiter)
          next()
        },
        leave() {
          if (state === 'gone') return
          inside -= 1
          if (state === 'working') working -= 1
          if (state === 'waiting') queue.remove(waiter)
          state = 'gone'
          next()
        },
      }
    },
    spareTurn: signal =>
      new Promise((resolve, reject) => {
        const abandon = () => {
          spare.remove(waiter)
          reject(signal.reason)
        }
        const waiter = () => {
          signal.removeEventListener('abort', abandon)
          inside += 1
          resolve({ leave: leaveTurn })
        }
        if (signal.aborted) return reject(signal.reason)
        signal.addEventListener('abort', abandon, { once: true })
        spare.add(waiter)
        next()
      }),
    state: () => ({ working, waiting: inside - working }),
  }
}
