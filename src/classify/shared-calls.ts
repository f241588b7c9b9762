/** Work that is on its way, shared by all who ask for the same while it lasts. */
export interface SharedCalls<Result> {
  /**
   * Joins the work of this key, or starts it; without a key it is shared with nobody. Whoever leaves does so alone;
   * when the last one leaves, the work is aborted by its controller. @throws the reason of `signal`, or what the work
   * throws
   */
  join(key: string | undefined, start: StartWork<Result>, signal: AbortSignal): Promise<SharedResult<Result>>
}

export type StartWork<Result> = (controller: AbortController) => Promise<Result>

export interface SharedResult<Result> {
  readonly result: Result
  /** Whether somebody else had started the work. */
  readonly joined: boolean
}

interface SharedCall<Result> {
  readonly work: Promise<Result>
  readonly controller: AbortController
  callers: number
}

/** What a map held is held on to until the next full collection of garbage, so it holds no more than this, and lets go. */
interface Place<Result> {
  call: SharedCall<Result> | undefined
}

export function createSharedCalls<Result>(): SharedCalls<Result> {
  const places = new Map<string, Place<Result>>()

  function begin(key: string | undefined, start: StartWork<Result>): SharedCall<Result> {
    const controller = new AbortController()
    const call = { work: start(controller), controller, callers: 0 }
    if (key !== undefined) places.set(key, { call })
    return call
  }

  /** A new caller does not join work that has ended or is being aborted. */
  function close(key: string | undefined, call: SharedCall<Result>): void {
    const place = key === undefined ? undefined : places.get(key)
    if (key === undefined || place?.call !== call) return
    place.call = undefined
    places.delete(key)
  }

  return {
    join(key, start, signal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      const running = key === undefined ? undefined : places.get(key)?.call
      const call = running ?? begin(key, start)
      call.callers += 1
      return new Promise((resolve, reject) => {
        const abandon = () => {
          call.callers -= 1
          if (call.callers === 0) {
            close(key, call)
            call.controller.abort(signal.reason)
          }
          reject(signal.reason)
        }
        const settle = () => {
          signal.removeEventListener('abort', abandon)
          close(key, call)
        }
        signal.addEventListener('abort', abandon, { once: true })
        call.work.then(
          result => {
            settle()
            resolve({ result, joined: running !== undefined })
          },
          error => {
            settle()
            reject(error)
          },
        )
      })
    },
  }
}
