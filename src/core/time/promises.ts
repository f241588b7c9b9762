/** At once from a store in the process, later from one that is reached over a network. */
export type MaybePromise<Value> = Value | Promise<Value>

/**
 * What work comes to; undefined when it takes longer, and nobody is told what it comes to then. Without a time, as long
 * as it takes. @throws what the work throws in time, or the reason of `signal`
 */
export async function inTime<Result>(
  work: Promise<Result>,
  { milliseconds, signal }: { readonly milliseconds?: number | undefined; readonly signal?: AbortSignal },
): Promise<Result | undefined> {
  const cut = Promise.withResolvers<undefined>()
  const abandon = () => cut.reject(signal!.reason)
  const timer = milliseconds === undefined ? undefined : setTimeout(() => cut.resolve(undefined), milliseconds)
  signal?.addEventListener('abort', abandon, { once: true })
  if (signal?.aborted) abandon()
  try {
    return await Promise.race([cut.promise, work])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abandon)
    work.catch(() => {})
  }
}
