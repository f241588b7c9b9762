import { onTestFinished, vi } from 'vitest'

/**
 * From here on to the end of the test, timers of requests and of fake providers in this process stand still until the
 * test lets time pass, so that no slow machine changes what comes first. The time of day and sockets go on.
 */
export function holdTime(): (milliseconds: number) => void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  return milliseconds => void vi.advanceTimersByTime(milliseconds)
}
