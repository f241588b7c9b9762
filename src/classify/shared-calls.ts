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

export function createSharedCalls<Result>(): SharedCalls<Result> {
  const calls = new Map<string | undefined, SharedCall<Result>>()

  function begin(key: string | undefined, start: StartWork<Result>): SharedCall<Result> {
    const controller = new AbortController()
    const call = { work: start(controller), controller, callers: 0 }
    if (key !== undefined) calls.set(key, call)
    return call
  }

  return {
    join(key, start, signal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      const running = calls.get(key)
      const call = running ?? begin(key, start)
      call.callers += 1
      /** A new caller does not join work that has ended or is being aborted. */
      const close = () => {
        if (calls.get(key) === call) calls.delete(key)
      }
      return new Promise((resolve, reject) => {
        const abandon = () => {
          call.callers -= 1
          if (call.callers === 0) {
            close()
            call.controller.abort(signal.reason)
          }
          reject(signal.reason)
        }
        const settle = () => {
          signal.removeEventListener('abort', abandon)
          close()
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
