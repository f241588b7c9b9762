export interface TimeLimit {
  /** Aborted when the time is over, or with the reason of the signal it follows. */
  readonly signal: AbortSignal
  /** Whether it was the time. */
  isOver(): boolean
  end(): void
}

/** What `AbortSignal.any` and `AbortSignal.timeout` do, at a fraction of the cost: it is ended by hand. */
export function createTimeLimit(followed: AbortSignal, milliseconds: number): TimeLimit {
  const controller = new AbortController()
  let over = false
  const follow = () => controller.abort(followed.reason)
  const timer = setTimeout(() => {
    over = true
    controller.abort(new DOMException('The time is over.', 'TimeoutError'))
  }, milliseconds)
  if (followed.aborted) follow()
  else followed.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    isOver: () => over,
    end() {
      clearTimeout(timer)
      followed.removeEventListener('abort', follow)
    },
  }
}
