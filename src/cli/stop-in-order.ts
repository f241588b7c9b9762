import { setTimeout as sleep } from 'node:timers/promises'

interface Step {
  /** For the log, when it fails or takes too long. */
  readonly what: string
  readonly run: () => Promise<unknown>
}

export interface StopOptions {
  /** Bounded by itself: what runs ends, or is given up when the grace time is over. */
  readonly work: readonly Step[]
  /** After that, one after the other: what has to be written and closed, whatever became of the steps before. */
  readonly after: readonly (readonly Step[])[]
  /** The most time for all of `after`, in milliseconds: a database that does not answer is not waited for longer. */
  readonly afterMs: number
  readonly log: Pick<Console, 'warn'>
}

/** Ends a service. A step that fails keeps no other from its turn. */
export async function stopInOrder({ work, after, afterMs, log }: StopOptions): Promise<void> {
  const open = new Set<string>()
  const run = async ({ what, run }: Step) => {
    open.add(what)
    await run().catch(error => log.warn({ err: error, step: what }, 'a step of stopping failed'))
    open.delete(what)
  }
  const wrapUp = async () => {
    for (const steps of after) await Promise.all(steps.map(run))
    return true
  }
  await Promise.all(work.map(run))
  const timer = new AbortController()
  const late = sleep(afterMs, false, { signal: timer.signal }).catch(() => false)
  const isComplete = await Promise.race([wrapUp(), late])
  timer.abort()
  if (!isComplete) log.warn({ steps: [...open] }, 'stopped without what the database did not answer to in time')
}
