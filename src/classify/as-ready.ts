/**
 * Does the work on each input and yields the results as each is ready, all that are ready at once. Who does not ask for
 * results holds the inputs back: `most` are in work, or done and not yet asked for. `work` must not fail. When the inputs
 * fail, what is in work still ends first.
 */
export async function* asReady<Input, Output>(
  inputs: AsyncIterable<Input>,
  work: (input: Input) => Promise<Output>,
  { most }: { readonly most: number },
): AsyncGenerator<Output[], undefined> {
  const running = new Set<Promise<void>>()
  let ready: Output[] = []
  let held = 0
  let news = Promise.withResolvers<void>()
  let room = Promise.withResolvers<void>()

  async function take(): Promise<void> {
    for await (const input of inputs) {
      held += 1
      const done = work(input).then(output => {
        running.delete(done)
        ready.push(output)
        news.resolve()
      })
      running.add(done)
      while (held >= most) {
        await room.promise
        room = Promise.withResolvers()
      }
    }
  }

  let ended = false
  const end = () => {
    ended = true
    news.resolve()
  }
  const taking = take().finally(end)
  // Told of below, once what is in work has ended.
  taking.catch(() => undefined)
  try {
    while (!ended || held > 0) {
      if (ready.length === 0) {
        await news.promise
        news = Promise.withResolvers()
        continue
      }
      const results = ready
      ready = []
      yield results
      held -= results.length
      room.resolve()
    }
    await taking
  } finally {
    await Promise.all(running)
  }
}
