import { ServiceError } from '../core/outcome.ts'

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
  turn(work: () => void): void
  /** Gives the place back, whether or not its turn has come. */
  leave(): void
}

/** What waits for its turn, by what begins then. */
type Waiter = () => void

export function createAdmission({ working: mostWorking, waiting: mostWaiting }: AdmittedRequests): Admission {
  // Arrays, as a map whose entries come and go holds on to all of them until the next full collection of garbage.
  const queue: Waiter[] = []
  const spare: Waiter[] = []
  let inside = 0
  let working = 0

  function next(): void {
    while (working < mostWorking) {
      const begin = queue.shift() ?? spare.shift()
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
      let begin: () => void
      const waiter = () => {
        state = 'working'
        begin()
      }
      return {
        turn(work) {
          state = 'waiting'
          begin = work
          queue.push(waiter)
          next()
        },
        leave() {
          if (state === 'gone') return
          inside -= 1
          if (state === 'working') working -= 1
          if (state === 'waiting') remove(queue, waiter)
          state = 'gone'
          next()
        },
      }
    },
    spareTurn: signal =>
      new Promise((resolve, reject) => {
        const abandon = () => {
          remove(spare, waiter)
          reject(signal.reason)
        }
        const waiter = () => {
          signal.removeEventListener('abort', abandon)
          inside += 1
          resolve({ leave: leaveTurn })
        }
        if (signal.aborted) return reject(signal.reason)
        signal.addEventListener('abort', abandon, { once: true })
        spare.push(waiter)
        next()
      }),
    state: () => ({ working, waiting: inside - working }),
  }
}

function remove(waiters: Waiter[], waiter: Waiter): void {
  const place = waiters.indexOf(waiter)
  if (place >= 0) waiters.splice(place, 1)
}
