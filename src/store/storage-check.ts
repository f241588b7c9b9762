import { inTime } from '../core/time/promises.ts'
import type { Store } from './store.ts'

const answerMs = 1_000

/** Whether the store answers within a second. There is one look at a time, and all who ask within a second share it. */
export function createStorageCheck(store: Pick<Store, 'ping'>): () => Promise<boolean> {
  let looking = false
  let lookedAt = Number.NEGATIVE_INFINITY
  let answers = Promise.resolve(true)

  async function look(): Promise<boolean> {
    looking = true
    const answered = store
      .ping()
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        looking = false
      })
    return (await inTime(answered, { milliseconds: answerMs })) ?? false
  }

  return () => {
    const now = performance.now()
    if (!looking && now - lookedAt > answerMs) {
      lookedAt = now
      answers = look()
    }
    return answers
  }
}
