import { LRUCache } from 'lru-cache'
import type { Complaint } from '../domain/complaint.ts'
import { stepDown } from '../domain/format-ladder.ts'
import type { WireForm } from '../domain/wire-form.ts'

/** What came back for a first question: a sound reply, one that breaks the schema it was sent, or nothing at all. */
export type Observation = 'sound' | 'unsound' | 'blank'

/** What is known of how one model of an endpoint wants to be asked. Shared by all requests, forgotten after a while. */
export interface LearnedForm {
  form(): WireForm
  /** Whether it has worked once. */
  isSettled(): boolean
  /** False once replies showed that the schema is not enforced. */
  enforced(): boolean
  /**
   * The first to ask finds out for all: the others wait until it has had an answer that is no complaint, or none for
   * so long that the model seems to be at work.
   * @returns a function to call at that point, whatever the answer was
   */
  enter(signal: AbortSignal): Promise<() => void>
  /** The form worked. */
  settle(): void
  /** The form that `used` gives way to, or undefined when nothing is left to try. */
  adapt(used: WireForm, complaint: Complaint): WireForm | undefined
  /** Replies need room to think. */
  allowThinking(): void
  observe(used: WireForm, observation: Observation): void
}

const modelsKept = 1_000
const observedReplies = 5
const unsoundReplies = 2
/** In milliseconds: what an endpoint does not take it says at once. */
const patience = 100

export function createLearnedForms({ initial, lifetime }: { initial: (model: string) => WireForm; lifetime: number }) {
  const forms = new LRUCache<string, LearnedForm>({ max: modelsKept, ttl: lifetime, ttlResolution: 100 })
  return {
    of(model: string): LearnedForm {
      const known = forms.get(model)
      if (known !== undefined) return known
      const learned = createLearnedForm(initial(model))
      forms.set(model, learned)
      return learned
    },
  }
}

function createLearnedForm(initial: WireForm): LearnedForm {
  let form = initial
  let settled = false
  let learning: Promise<void> | undefined
  const seen = { replies: 0, unsound: 0, blank: 0 }

  function change(next: WireForm): WireForm {
    form = next
    Object.assign(seen, { replies: 0, unsound: 0, blank: 0 })
    return next
  }

  return {
    form: () => form,
    isSettled: () => settled,
    enforced: () => seen.unsound < unsoundReplies,
    async enter(signal) {
      if (learning) {
        await untilLearned(learning, signal)
        return () => {}
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      learning = promise
      return () => {
        if (learning === promise) learning = undefined
        resolve()
      }
    },
    settle() {
      settled = true
    },
    adapt(used, complaint) {
      // Somebody else has learned already.
      if (used !== form) return form
      const next = stepDown(form, complaint)
      return next && change(next)
    },
    allowThinking() {
      if (!form.thinks) form = { ...form, thinks: true }
    },
    observe(used, observation) {
      if (used.format !== form.format) return
      seen.replies += 1
      seen.blank = observation === 'blank' ? seen.blank + 1 : 0
      if (observation === 'unsound' && seen.replies <= observedReplies) seen.unsound += 1
      if (seen.blank < unsoundReplies) return
      const next = stepDown(form, { about: 'format' })
      if (next) change(next)
    },
  }
}

/** Until it has learned, or seems not to be told off. */
function untilLearned(learning: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abandon)
    }
    const go = () => {
      end()
      resolve()
    }
    const abandon = () => {
      end()
      reject(signal.reason)
    }
    const timer = setTimeout(go, patience)
    signal.addEventListener('abort', abandon, { once: true })
    learning.then(go)
  })
}
