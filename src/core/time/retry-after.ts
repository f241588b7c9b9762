export interface WaitSources {
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>
  /** The parsed body of the answer, or its text. */
  readonly body?: unknown
  /** Milliseconds since the epoch. */
  readonly now: number
}

type ReadHeader = (name: string) => string | undefined

const longestText = 64
const deepestBody = 6
const mostNodes = 2_000
const unitMilliseconds: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const number = /^\d{1,16}(?:\.\d{1,16})?$/u
const duration = /^(?:\d{1,16}(?:\.\d{1,16})?(?:ns|us|µs|ms|s|m|h|d))+$/u
const durationPart = /(\d{1,16}(?:\.\d{1,16})?)(ns|us|µs|ms|s|m|h|d)/gu
// Date.parse takes nearly anything with a digit in it, and reads a date without a zone as the machine's own.
const date =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}, .{1,20} \d\d:\d\d:\d\d GMT|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))$/u
const epochMillisecondsFrom = 1e12
const epochSecondsFrom = 1e9

/** By its method and not by its class, for there are several implementations in one process. */
const isHeaders = (headers: WaitSources['headers']): headers is Headers => typeof headers.get === 'function'

const readerOf =
  (headers: WaitSources['headers']): ReadHeader =>
  name => {
    const value = isHeaders(headers) ? headers.get(name) : headers[name]
    const text = (typeof value === 'object' ? value?.[0] : value)?.trim()
    return text === undefined || text === '' || text.length > longestText ? undefined : text
  }

/** A wait is a number one can sleep for; a moment that has passed is no wait, and 4.07s is not 4071ms. */
const wait = (milliseconds: number): number | undefined =>
  Number.isFinite(milliseconds) ? Math.max(0, Math.ceil(Number(milliseconds.toFixed(3)))) : undefined

/** Reads what providers write for a point or a stretch of time: `6m0s`, `7.66s`, bare seconds, an epoch, a date. */
function readTime(text: string, now: number): number | undefined {
  if (number.test(text)) {
    const value = Number(text)
    if (value >= epochMillisecondsFrom) return wait(value - now)
    if (value >= epochSecondsFrom) return wait(value * 1000 - now)
    return wait(value * 1000)
  }
  if (duration.test(text)) {
    const parts = [...text.matchAll(durationPart)]
    return wait(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitMilliseconds[unit!]!, 0))
  }
  return date.test(text) ? wait(Date.parse(text) - now) : undefined
}

function readMilliseconds(text: string | undefined): number | undefined {
  return text !== undefined && number.test(text) ? wait(Number(text)) : undefined
}

/** OpenAI, Gemini and those who copy them also say it in the sentence, which some gateways pass on alone. */
const retryInSentence =
  /(?:retry|try again) in (\d{1,8}(?:\.\d{1,9})?) ?(ms|seconds?|s|m(?:\d{1,2}(?:\.\d{1,9})?s)?|h)(?!\w)/iu
const longestSentence = 1_000

function readSentence(text: unknown, now: number): number | undefined {
  if (typeof text !== 'string') return undefined
  const [, amount, unit] = retryInSentence.exec(text.slice(0, longestSentence)) ?? []
  return amount && unit ? readTime(`${amount}${/^seconds?$/iu.test(unit) ? 's' : unit}`, now) : undefined
}

/** Looks for a `retryDelay`, wherever the details of the error hold it, and then for a sentence that tells. */
function retryDelayIn(body: unknown, now: number): number | undefined {
  const nodes: [unknown, number][] = [[body, 0]]
  let inSentence: number | undefined
  for (let index = 0; index < nodes.length && index < mostNodes; index++) {
    const [node, depth] = nodes[index]!
    if (typeof node !== 'object' || node === null || depth > deepestBody) continue
    const delay = 'retryDelay' in node ? node.retryDelay : undefined
    const read = typeof delay === 'string' && delay.length <= longestText ? readTime(delay.trim(), now) : undefined
    if (read !== undefined) return read
    if ('message' in node) inSentence ??= readSentence(node.message, now)
    for (const inner of Object.values(node)) {
      if (nodes.length >= mostNodes) break
      nodes.push([inner, depth + 1])
    }
  }
  return inSentence
}

const retryDelayInText = /"retryDelay"\s{0,16}:\s{0,16}"([^"]{1,64})"/u

interface Bucket {
  readonly remaining: string
  readonly reset: string
}

/** `x-ratelimit-remaining-requests`, `x-ratelimit-remaining`, `<provider>-ratelimit-input-tokens-remaining`, … */
const remainingName = /^(?:[a-z]{1,20}-)?ratelimit-(?:remaining(?:-[a-z-]{1,20})?|[a-z-]{1,20}-remaining)$/u

function bucketsIn(headers: WaitSources['headers']): Bucket[] {
  const names = isHeaders(headers) ? [...headers.keys()] : Object.keys(headers)
  const told = names.filter(name => remainingName.test(name))
  return told.map(remaining => ({ remaining, reset: remaining.replace('remaining', 'reset') }))
}

/** Of the buckets that are empty, the one that stays empty longest. */
function emptyBucketWait(buckets: readonly Bucket[], header: ReadHeader, now: number): number | undefined {
  const waits = buckets.flatMap(({ remaining, reset }) => {
    const left = header(remaining)
    const until = header(reset)
    if (left === undefined || until === undefined || !number.test(left) || Number(left) > 0) return []
    const read = readTime(until, now)
    return read === undefined ? [] : [read]
  })
  return waits.length === 0 ? undefined : Math.max(...waits)
}

/** How long an answer asks its client to wait; nothing when it does not say. */
export function waitMilliseconds({ headers, body, now }: WaitSources): number | undefined {
  const header = readerOf(headers)
  const retryAfter = header('retry-after')
  const inText = typeof body === 'string' ? retryDelayInText.exec(body)?.[1]?.trim() : undefined
  return (
    readMilliseconds(header('retry-after-ms')) ??
    (retryAfter === undefined ? undefined : readTime(retryAfter, now)) ??
    (inText === undefined ? retryDelayIn(body, now) : readTime(inText, now)) ??
    emptyBucketWait(bucketsIn(headers), header, now)
  )
}

/** What an endpoint says of its bucket of requests. */
export interface RequestBucket {
  readonly remaining: number
  /** Milliseconds until the bucket is full again. */
  readonly fullIn: number
}

/** The bucket of requests, or one of tokens that is empty; nothing when the answer does not tell. */
export function readRequestBucket({ headers, now }: Omit<WaitSources, 'body'>): RequestBucket | undefined {
  const header = readerOf(headers)
  const buckets = bucketsIn(headers)
  const empty = emptyBucketWait(buckets, header, now)
  if (empty !== undefined) return { remaining: 0, fullIn: empty }
  for (const { remaining, reset } of buckets) {
    if (remaining.includes('tokens')) continue
    const left = header(remaining)
    const until = header(reset)
    const fullIn = until === undefined ? undefined : readTime(until, now)
    if (left !== undefined && number.test(left) && fullIn !== undefined) return { remaining: Number(left), fullIn }
  }
  return undefined
}
