import { createUtf8Stream, type Source } from '../bytes/decode.ts'

/** A body as UTF-8, however it was sent, a chunk at a time. @throws ServiceError unsupported_media_type or unusable_text */
export async function* utf8Chunks(
  body: AsyncIterable<Uint8Array>,
  source: Source,
): AsyncGenerator<Uint8Array, undefined> {
  const stream = createUtf8Stream(source)
  for await (const chunk of body) {
    const part = stream.push(chunk)
    if (part.length > 0) yield part
  }
  const rest = stream.end()
  if (rest.length > 0) yield rest
}
