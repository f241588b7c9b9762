export interface TimeLimit {
  /** Whether the time ran out before anything else ended the work. */
  isOver(): boolean
  end(): void
}

/** Aborts work when its time is over. `AbortSignal.timeout` cannot be ended, and another signal is one more to follow. */
export function limitTime(controller: AbortController, milliseconds: number): TimeLimit {
  let over = false
  const timer = setTimeout(() => {
    over = !controller.signal.aborted
    controller.abort(new DOMException('The time is over.', 'TimeoutError'))
  }, milliseconds)
  return { isOver: () => over, end: () => clearTimeout(timer) }
}
