/** @throws the reason of the signal, when that is aborted first */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(done, milliseconds)
    function done(): void {
      signal?.removeEventListener('abort', stop)
      resolve()
    }
    function stop(): void {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}

const firstBackOffMs = 250
const longestBackOffMs = 8_000

/** Twice as long each time, and never the same for two clients that failed together. */
export const backOff = (failures: number): number =>
  Math.min(longestBackOffMs, firstBackOffMs * 2 ** failures) * (0.5 + Math.random() / 2)

export interface Silence {
  /** Aborted when nothing was heard for too long, or by the caller. */
  readonly signal: AbortSignal
  readonly tooLong: boolean
  heard(): void
  stop(): void
}

/** Ends a connection on which nothing comes any more; what still comes may take as long as it likes. */
export function limitSilence(milliseconds: number, caller: AbortSignal | undefined): Silence {
  const silent = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = () => clearTimeout(timer)
  const heard = () => {
    stop()
    if (milliseconds !== Number.POSITIVE_INFINITY) timer = setTimeout(() => silent.abort(), milliseconds)
  }
  heard()
  return {
    signal: caller ? AbortSignal.any([caller, silent.signal]) : silent.signal,
    get tooLong() {
      return silent.signal.aborted
    },
    heard,
    stop,
  }
}
