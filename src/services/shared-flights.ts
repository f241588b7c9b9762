/** Work that is on its way, shared by all who ask for the same while it lasts. */
export interface SharedFlights<Result> {
  /**
   * Joins the work of this key, or starts it. Whoever leaves does so alone; when the last one leaves, the work is
   * aborted. @throws the reason of `signal`, or what the work throws
   */
  join(key: string, start: (signal: AbortSignal) => Promise<Result>, signal: AbortSignal): Promise<Seat<Result>>
}

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
  const flights = new Map<string, Flight<Result>>()

  function takeOff(key: string, start: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const controller = new AbortController()
    const arrival = start(controller.signal)
    const flight = { arrival, controller, passengers: 0 }
    const land = () => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    arrival.then(land, land)
    flights.set(key, flight)
    return flight
  }

  return {
    async join(key, start, signal) {
      signal.throwIfAborted()
      const running = flights.get(key)
      const flight = running ?? takeOff(key, start)
      flight.passengers += 1
      const { promise: left, reject: leave } = Promise.withResolvers<never>()
      const abandon = () => {
        flight.passengers -= 1
        if (flight.passengers === 0) {
          // Nobody who comes now may board what is being aborted.
          if (flights.get(key) === flight) flights.delete(key)
          flight.controller.abort(signal.reason)
        }
        leave(signal.reason)
      }
      signal.addEventListener('abort', abandon, { once: true })
      try {
        return { result: await Promise.race([flight.arrival, left]), joined: running !== undefined }
      } finally {
        signal.removeEventListener('abort', abandon)
      }
    },
  }
}
