/** What was seen of an endpoint, in milliseconds and tokens. */
export interface Observed {
  readonly first: number
  /** The same question again. */
  readonly second: number
  /** What a text as long as the budget in force takes on top of that. */
  readonly text: number
  /** Output tokens of a reply that was cut at the cap, asked again with room enough; null when none was cut. */
  readonly outputTokens: number | null
  /** The largest text budget that fits the context; null when the one in force does, or nothing is known. */
  readonly fittingBudget: number | null
}

/** The settings in force. */
export interface InForce {
  readonly callTime: number
  readonly requestTime: number
  readonly textBudget: number
  readonly tokenCap: number
  readonly concurrency: number
  /** Whether the endpoint is on this machine or network: what is slow there is slow for want of hardware. */
  readonly local: boolean
}

/** A busy endpoint may take twice what it took alone; a request has time for one call that fails and one that does not. */
const margin = 2
/** A text that takes longer, in milliseconds, gets a lower budget; with that it takes about as long as the second says. */
const slowText = 15_000
const fairText = 8_000
/** A local endpoint that takes longer for a call, in milliseconds, is taken to have no hardware for many at once. */
const slowCall = 5_000
/** In milliseconds: no setting takes more. */
const longestTime = 3_600_000
/** Below it, too little of a text is left to go by. */
const leastBudget = 200

/** The settings that an endpoint needs in place of those in force, by name; empty when all is well. */
export function neededSettings(seen: Observed, inForce: InForce): Readonly<Record<string, number>> {
  const needed: Record<string, number> = {}
  const textBudget = budgetFor(seen, inForce)
  if (textBudget < inForce.textBudget) needed.TEXT_BUDGET = textBudget
  // The slowest call is a first one about a long text: the whole list is read, and the whole text.
  const longText = (seen.text * textBudget) / inForce.textBudget
  const slowest = seen.first + longText
  if (slowest * margin > inForce.callTime)
    needed.UPSTREAM_TIMEOUT_MS = Math.min(longestTime, roundedUp(slowest * margin, 30_000))
  const callTime = needed.UPSTREAM_TIMEOUT_MS ?? inForce.callTime
  if (slowest * margin * 2 > inForce.requestTime) {
    needed.REQUEST_TIMEOUT_MS = Math.min(longestTime, roundedUp(slowest * margin * 2, 60_000))
  }
  // A machine that is slow with one text is slower with many: calls wait at the server, and their time runs.
  const each = seen.second + longText
  const atOnce = Math.max(1, Math.floor(callTime / margin / each))
  if (inForce.local && each > slowCall && atOnce < inForce.concurrency) needed.UPSTREAM_CONCURRENCY = atOnce
  if (seen.outputTokens !== null) needed.MAX_OUTPUT_TOKENS = roundedUp(seen.outputTokens * 1.5, 256)
  return needed
}

function budgetFor({ text, fittingBudget }: Observed, { textBudget }: InForce): number {
  const fair = text > slowText ? roundedDown((textBudget * fairText) / text, 100) : textBudget
  const fits = roundedDown(fittingBudget ?? textBudget, 100)
  return Math.min(textBudget, Math.max(leastBudget, Math.min(fair, fits)))
}

const roundedUp = (value: number, step: number): number => Math.ceil(value / step) * step
const roundedDown = (value: number, step: number): number => (value < step ? value : Math.floor(value / step) * step)
