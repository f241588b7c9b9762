import { z } from 'zod'
import { endpointFaults } from './endpoints/index.ts'
import { readSecret, type SetVariables } from './secret-settings.ts'

export const UpstreamApi = z.enum(['chat', 'decisions', 'systemone'])

/** An endpoint to ask. */
export interface Upstream {
  readonly baseUrl: string
  /** Undefined for servers that ask for none. */
  readonly apiKey: string | undefined
  readonly model: string
  /** How it is asked: to write, or to decide by one of two contracts. */
  readonly api: z.infer<typeof UpstreamApi>
}

/** A sentence encoder beside the ranker. */
export interface Embeddings extends Omit<Upstream, 'api'> {
  /** The most time, in milliseconds, that a call may take. */
  readonly timeout: number
}

const defaultBaseUrl = 'https://api.openai.com/v1'

/** Of one endpoint; `faults` is added to, one line a fault. Undefined when it is not set, or not rightly. */
export function readUpstream(suffix: string, env: SetVariables, faults: string[]): Upstream | undefined {
  const apiKey = readSecret(`OPENAI_API_KEY${suffix}`, env, faults)
  const baseUrl = env[`OPENAI_BASE_URL${suffix}`]?.trim()
  const model = env[`OPENAI_MODEL${suffix}`]?.trim()
  const asked = env[`OPENAI_API${suffix}`]?.trim()
  const configured = apiKey !== undefined || baseUrl !== undefined
  const keyName = `OPENAI_API_KEY${suffix}${env[`OPENAI_API_KEY${suffix}_FILE`] === undefined ? '' : '_FILE'}`
  const settings = { [keyName]: apiKey, [`OPENAI_BASE_URL${suffix}`]: baseUrl, [`OPENAI_MODEL${suffix}`]: model }
  faults.push(...endpointFaults(settings))
  if (configured && model === undefined) {
    const others = `OPENAI_API_KEY${suffix} and OPENAI_BASE_URL${suffix}`
    faults.push(`OPENAI_MODEL${suffix}: is not set; name the model to ask, or unset ${others}`)
  }
  if (!configured && model !== undefined) {
    const others = `neither OPENAI_API_KEY${suffix} nor OPENAI_BASE_URL${suffix}`
    faults.push(`OPENAI_MODEL${suffix}: is set, but ${others} says whom to ask`)
  }
  if (asked !== undefined && !configured && model === undefined) {
    faults.push(`OPENAI_API${suffix}: is set, but nothing says whom to ask: set OPENAI_MODEL${suffix}, or unset it`)
  }
  if (!configured || model === undefined) return undefined
  // Another value is told of where all settings are checked.
  const { data: api = 'chat' } = UpstreamApi.safeParse(asked)
  return { baseUrl: baseUrl ?? defaultBaseUrl, apiKey, model, api }
}

/** The same of the sentence encoder. */
export function readEmbeddings(env: SetVariables, faults: string[]): Omit<Embeddings, 'timeout'> | undefined {
  const apiKey = readSecret('RANKER_EMBEDDINGS_KEY', env, faults)
  const [baseUrl, model] = [env.RANKER_EMBEDDINGS_URL?.trim(), env.RANKER_EMBEDDINGS_MODEL?.trim()]
  const key = env.RANKER_EMBEDDINGS_KEY_FILE === undefined ? 'RANKER_EMBEDDINGS_KEY' : 'RANKER_EMBEDDINGS_KEY_FILE'
  faults.push(...endpointFaults({ [key]: apiKey, RANKER_EMBEDDINGS_URL: baseUrl, RANKER_EMBEDDINGS_MODEL: model }))
  if (model !== undefined) return { baseUrl: baseUrl ?? defaultBaseUrl, apiKey, model }
  if (apiKey !== undefined || baseUrl !== undefined)
    faults.push('RANKER_EMBEDDINGS_MODEL: is not set; name the model, or unset the address and the key beside it')
  return undefined
}
