import type { JsonObject } from './schema-reading.ts'

export interface RecordedRequest {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: JsonObject
  /** `ok`, `rejected`, `limited`, `scripted`, or the name of the fault. */
  played: string
  status: number | undefined
}

/** Keeps the last requests and counts all of them. */
export function createRecording(most: number) {
  const requests: RecordedRequest[] = []
  const tally: Record<string, number> = {}
  let count = 0
  return {
    requests,
    tally: () => ({ ...tally }),
    count: () => count,
    add(request: RecordedRequest): void {
      count++
      requests.push(request)
      if (requests.length >= most * 2) requests.splice(0, requests.length - most)
    },
    played(request: RecordedRequest, played: string, status: number | undefined): void {
      request.played = played
      request.status = status
      tally[played] = (tally[played] ?? 0) + 1
    },
  }
}
