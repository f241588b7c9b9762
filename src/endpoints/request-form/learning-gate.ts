import { inTime } from '../../core/time/promises.ts'

/** In milliseconds: what an endpoint does not take it says at once. */
const longestWaitMs = 100

export interface LearningGate {
  /**
   * The first to ask finds out for all: the others wait until it has had an answer that is no rejection, or none for
   * so long that the model seems to be at work.
   * @returns for the first, a function to call at that point, whatever the answer was
   */
  enter(signal: AbortSignal): Promise<(() => void) | undefined>
  /** Until nobody is finding out any more, for those who did not wait so long and were turned down. */
  othersDone(signal: AbortSignal): Promise<void>
}

export function createLearningGate(): LearningGate {
  let learning: Promise<void> | undefined
  return {
    async enter(signal) {
      if (learning) {
        await inTime(learning, { milliseconds: longestWaitMs, signal })
        return undefined
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      learning = promise
      return () => {
        if (learning === promise) learning = undefined
        resolve()
      }
    },
    othersDone: async signal => {
      if (learning) await inTime(learning, { signal })
    },
  }
}
