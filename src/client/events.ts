export interface ServerSentEvent {
  readonly id: string | undefined
  readonly data: string
}

/** Server-sent events, as far as the service writes them: one `id`, one line of `data`, comments in between. */
export async function* eventsIn(lines: AsyncIterable<string>): AsyncGenerator<ServerSentEvent, undefined> {
  let id: string | undefined
  let data: string | undefined
  for await (const line of lines) {
    if (line.startsWith('id: ')) id = line.slice('id: '.length)
    if (line.startsWith('data: ')) data = line.slice('data: '.length)
    if (line !== '' || data === undefined) continue
    yield { id, data }
    data = undefined
  }
}
