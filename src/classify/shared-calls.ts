/** Work that is on its way, shared by all who ask for the same while it lasts. */
export interface SharedFlights<Result> {
  /**
   * Joins the work of this key, or starts it; without a key it is shared with nobody. Whoever leaves does so alone;
   * when the last one leaves, the work is aborted by its controller. @throws the reason of `signal`, or what the work
   * throws
   */
  join(key: string | undefined, start: StartWork<Result>, signal: AbortSignal): Promise<Seat<Result>>
}

export type StartWork<Result> = (controller: AbortController) => Promise<Result>

export interface Seat<Result> {
  readonly result: Result
  /** Whether somebody else had started the work. */
  readonly joined: boolean
}

interface Flight<Result> {
  readonly arrival: Promise<Result>
  readonly controller: AbortController
  passengers: number
}

export function createSharedFlights<Result>(): SharedFlights<Result> {
  const flights = new Map<string | undefined, Flight<Result>>()

  function takeOff(key: string | undefined, start: StartWork<Result>): Flight<Result> {
    const controller = new AbortController()
    const flight = { arrival: start(controller), controller, passengers: 0 }
    if (key !== undefined) flights.set(key, flight)
    return flight
  }

  return {
    join(key, start, signal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      const running = flights.get(key)
      const flight = running ?? takeOff(key, start)
      flight.passengers += 1
      /** Nobody who comes now may board what has landed, or is being aborted. */
      const close = () => {
        if (flights.get(key) === flight) flights.delete(key)
      }
      return new Promise((resolve, reject) => {
        const abandon = () => {
          flight.passengers -= 1
          if (flight.passengers === 0) {
            close()
            flight.controller.abort(signal.reason)
          }
          reject(signal.reason)
        }
        const land = () => {
          signal.removeEventListener('abort', abandon)
          close()
        }
        signal.addEventListener('abort', abandon, { once: true })
        flight.arrival.then(
          result => {
            land()
            resolve({ result, joined: running !== undefined })
          },
          error => {
            land()
            reject(error)
          },
        )
      })
    },
  }
}
