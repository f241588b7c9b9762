import { LRUCache } from 'lru-cache'
import type { CallSource, CircuitState } from '../../core/model/endpoint.ts'

/** A call that was let through. */
export interface CircuitCall {
  succeeded(): void
  failed(): void
  /** It was cut when the time of its request was over. */
  cut(): void
}

/** The circuit breaker of one model of one endpoint, for requests and for items of batches alike. */
export interface Circuit {
  /** Milliseconds until a call is worth making; 0 when it is, and where the circuit is half open its turn is taken. */
  admit(source: CallSource): number
  begin(source: CallSource): CircuitCall
  state(source: Pick<CallSource, 'caller'> & Partial<CallSource>): CircuitState
  /** For how many callers it is not closed. */
  openFor(): number
}

export interface CircuitOptions {
  /** How many different texts have to fail. */
  readonly texts: number
  /** And for how long, in milliseconds: calls that fail together are one misfortune. */
  readonly span: number
  /** How long nobody asks after that, in milliseconds; doubled with every call that tries. */
  readonly firstWait: number
  readonly longestWait: number
  readonly now?: () => number
  /** Told when it opens for the first caller, and when it closes for all. */
  readonly onChange?: (isOpen: boolean) => void
}

/** When the next call may try, and how long the one after that has to wait. */
interface Turn {
  at: number
  wait: number
}

interface CallerState {
  /** The texts that failed since the last answer, and when the call of each began. */
  readonly failing: Map<string, number>
  readonly since: number
  /** Undefined while the circuit is closed. */
  turns: { readonly fresh: Turn; readonly failing: Turn } | undefined
}

const textsKept = 10_000

/**
 * What is evidence, and for whom. An answer to anybody shows that the endpoint works, so it closes the circuit for all
 * callers. A failure shows little: the text may be the cause, or the texts of one caller. So the circuit of a caller
 * opens only after different texts of that caller have failed with no answer to anybody between, and it opens for that
 * caller alone. In a real outage every caller finds out with a few texts, of which there are as many as keys. A text
 * that failed while a later call was answered fails by itself; it counts no more until it is answered. A call that began
 * before that answer says nothing new. Once the circuit is open, time alone decides when a call may try: the wait is
 * doubled when a call is let through, never by what comes back late. Texts that have failed have turns of their own to
 * try, so that they never take the turn of one that has not.
 */
export function createCircuit(options: CircuitOptions): Circuit {
  const { texts, span, firstWait, longestWait, now = () => performance.now(), onChange } = options
  const callers = new Map<string, CallerState>()
  const failingAlone = new LRUCache<string, true>({ max: textsKept })
  /** When the latest call began that was answered, and how long the last one took. */
  let answeredFrom = Number.NEGATIVE_INFINITY
  let lastTook = 0

  const openFor = () => (callers.size === 0 ? 0 : [...callers.values()].filter(({ turns }) => turns).length)

  function turnOf({ turns, failing }: CallerState, text: string | undefined): Turn | undefined {
    const hasFailed = text !== undefined && (failingAlone.has(text) || failing.has(text))
    return hasFailed ? turns?.failing : turns?.fresh
  }

  function fail({ caller, text }: CallSource, begun: number): void {
    if (failingAlone.has(text)) return
    if (begun < answeredFrom) return void failingAlone.set(text, true)
    const at = now()
    const state = callers.getOrInsert(caller, { failing: new Map(), since: at, turns: undefined })
    state.failing.set(text, begun)
    if (state.turns || state.failing.size < texts || at - state.since < span) return
    const isFirst = openFor() === 0
    const turn = () => ({ at: at + firstWait, wait: firstWait })
    state.turns = { fresh: turn(), failing: turn() }
    if (isFirst) onChange?.(true)
  }

  function succeed({ text }: CallSource, begun: number): void {
    answeredFrom = Math.max(answeredFrom, begun)
    lastTook = now() - begun
    const wasOpen = openFor() > 0
    for (const { failing } of callers.values())
      for (const [failed, from] of failing) if (from < begun) failingAlone.set(failed, true)
    failingAlone.delete(text)
    // Nearly always there is nobody, and even an empty map is made anew when it is cleared.
    if (callers.size > 0) callers.clear()
    if (wasOpen) onChange?.(false)
  }

  return {
    openFor,
    admit({ caller, text }) {
      const state = callers.get(caller)
      const turn = state && turnOf(state, text)
      if (turn === undefined) return 0
      const left = turn.at - now()
      if (left > 0) return left
      turn.wait = Math.min(longestWait, turn.wait * 2)
      turn.at = now() + turn.wait
      return 0
    },
    begin(source) {
      const begun = now()
      return {
        succeeded: () => succeed(source, begun),
        failed: () => fail(source, begun),
        // Less time than the last answer took would have been too little for any.
        cut: () => {
          if (now() - begun >= lastTook) fail(source, begun)
        },
      }
    },
    state({ caller, text }) {
      const state = callers.get(caller)
      const turn = state && turnOf(state, text)
      if (turn === undefined) return 'closed'
      return now() < turn.at ? 'open' : 'half_open'
    },
  }
}
