import { isPrivateHost } from '../../settings/private-hosts.ts'
import { createBoundedFetch } from './bounded-fetch.ts'
import { type Access, clientOptions, WholeErrorClient } from './lean-client.ts'

/** A model that its provider will take away. */
export interface Shutdown {
  readonly endpoint: string
  readonly model: string
  /** 2026-12-11. */
  readonly date: string
  /** Negative once it is over. */
  readonly daysLeft: number
}

export interface AskedModels extends Access {
  readonly endpoint: string
  /** What is asked of it: its own model, and what prompts name in its place. */
  readonly models: readonly string[]
}

export interface ShutdownOptions {
  readonly asked: readonly AskedModels[]
  readonly now?: () => number
}

/** From here on it is warned of; OpenAI gives six months' notice of most models, and two weeks' of previews. */
export const warnedDays = 90
const day = 86_400_000
const listLimit = 16_777_216
const listTimeout = 10_000

/** What an endpoint tells of its models' ends: `shutdown_date` of `GET /models`, an ISO date or null. No header says it. */
export function createShutdownDates({ asked, now = Date.now }: ShutdownOptions) {
  let known: readonly Omit<Shutdown, 'daysLeft'>[] = []

  const withDays = (found: typeof known): Shutdown[] => {
    const today = Math.floor(now() / day) * day
    return found.map(row => ({ ...row, daysLeft: Math.round((Date.parse(row.date) - today) / day) }))
  }

  /** A server without such a list tells nothing, and that is no fault of it. */
  async function readFrom({ endpoint, models, ...access }: AskedModels, signal: AbortSignal): Promise<typeof known> {
    const timeout = Math.min(listTimeout, access.timeout)
    const fetch = createBoundedFetch({ replyLimit: listLimit, milliseconds: timeout })
    const client = new WholeErrorClient({ ...clientOptions({ ...access, timeout }), fetch })
    const list = await client.get<unknown>('/models', { signal }).catch(() => undefined)
    const { data } = (list ?? {}) as { data?: unknown }
    const rows = (Array.isArray(data) ? data : []) as readonly ({ id?: unknown; shutdown_date?: unknown } | null)[]
    return models.flatMap(model => {
      const date = rows.find(row => row?.id === model)?.shutdown_date
      const isDate = typeof date === 'string' && /^\d{4}-\d\d-\d\d$/.test(date) && !Number.isNaN(Date.parse(date))
      return isDate ? [{ endpoint, model, date }] : []
    })
  }

  async function lookAt(endpoints: readonly AskedModels[], signal: AbortSignal): Promise<Shutdown[]> {
    known = (await Promise.all(endpoints.map(endpoint => readFrom(endpoint, signal)))).flat()
    return withDays(known)
  }
  /** A server of one's own, on this network and without a key, takes no model away: it is not asked unbidden. */
  const watched = asked.filter(({ baseUrl, apiKey }) => apiKey !== undefined || !isPrivateHost(new URL(baseUrl).host))

  return {
    /** Asks every endpoint for its list. */
    look: (signal: AbortSignal) => lookAt(asked, signal),
    /** What the last look found. */
    known: () => withDays(known),
    /** Looks now and once a day, and warns of each model in its last days. */
    watch({ log, signal }: { log: Pick<Console, 'warn'>; signal: AbortSignal }): Promise<void> {
      const tell = async () => {
        const found = await lookAt(watched, signal)
        for (const { daysLeft, ...shutdown } of found.filter(row => row.daysLeft <= warnedDays))
          log.warn({ ...shutdown, days_left: daysLeft }, shutdownInWords({ ...shutdown, daysLeft }))
      }
      const timer = setInterval(tell, day).unref()
      signal.addEventListener('abort', () => clearInterval(timer), { once: true })
      return tell()
    },
  }
}

export type ShutdownDates = ReturnType<typeof createShutdownDates>

export function shutdownInWords({ model, date, daysLeft }: Shutdown): string {
  const when = daysLeft < 0 ? `was to be shut down on ${date}` : `will be shut down on ${date}, in ${daysLeft} days`
  return `The model ${model} ${when}: name another one in OPENAI_MODEL, and try it with doctor before.`
}
