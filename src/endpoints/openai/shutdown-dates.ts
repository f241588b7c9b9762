import { type Shutdown, type ShutdownDates, shutdownInWords, warnedDays } from '../../core/model/shutdown.ts'
import { isPrivateHost } from '../../settings/private-hosts.ts'
import { createBoundedFetch } from './bounded-fetch.ts'
import { type Access, clientOptions, WholeErrorClient } from './lean-client.ts'

export interface AskedModels extends Access {
  readonly endpoint: string
  /** What is asked of it: its own model, and what prompts name in its place. */
  readonly models: readonly string[]
}

export interface ShutdownOptions {
  readonly asked: readonly AskedModels[]
  readonly now?: () => number
}

const day = 86_400_000
const listLimit = 16_777_216
const listTimeout = 10_000

/** What an endpoint tells of its models' ends: `shutdown_date` of `GET /models`, an ISO date or null. No header says it. */
export function createShutdownDates({ asked, now = Date.now }: ShutdownOptions): ShutdownDates {
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
    look: signal => lookAt(asked, signal),
    known: () => withDays(known),
    watch({ log, signal }) {
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
