import { z } from 'zod'
import { endpointFaults } from './endpoint-settings.ts'
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

/** What is set by three variables; `faults` is added to, one line a fault. */
function readAccess([key, url, model]: readonly [string, string, string], env: SetVariables, faults: string[]) {
  const access = { apiKey: readSecret(key, env, faults), baseUrl: env[url]?.trim(), model: env[model]?.trim() }
  const keyName = env[`${key}_FILE`] === undefined ? key : `${key}_FILE`
  faults.push(...endpointFaults({ [keyName]: access.apiKey, [url]: access.baseUrl, [model]: access.model }))
  return access
}

/** Of one endpoint. Undefined when it is not set, or not rightly. */
export function readUpstream(suffix: string, env: SetVariables, faults: string[]): Upstream | undefined {
  const names = [`OPENAI_API_KEY${suffix}`, `OPENAI_BASE_URL${suffix}`, `OPENAI_MODEL${suffix}`] as const
  const [keyName, urlName, modelName] = names
  const { apiKey, baseUrl = defaultBaseUrl, model } = readAccess(names, env, faults)
  const asked = env[`OPENAI_API${suffix}`]?.trim()
  const configured = apiKey !== undefined || env[urlName] !== undefined
  if (configured && model === undefined)
    faults.push(`${modelName}: is not set; name the model to ask, or unset ${keyName} and ${urlName}`)
  if (!configured && model !== undefined)
    faults.push(`${modelName}: is set, but neither ${keyName} nor ${urlName} says whom to ask`)
  if (asked !== undefined && !configured && model === undefined)
    faults.push(`OPENAI_API${suffix}: is set, but nothing says whom to ask: set ${modelName}, or unset it`)
  if (!configured || model === undefined) return undefined
  // Another value is told of where all settings are checked.
  const { data: api = 'chat' } = UpstreamApi.safeParse(asked)
  return { baseUrl, apiKey, model, api }
}

/** The same of the sentence encoder. */
export function readEmbeddings(env: SetVariables, faults: string[]): Omit<Embeddings, 'timeout'> | undefined {
  const names = ['RANKER_EMBEDDINGS_KEY', 'RANKER_EMBEDDINGS_URL', 'RANKER_EMBEDDINGS_MODEL'] as const
  const { apiKey, baseUrl, model } = readAccess(names, env, faults)
  if (model !== undefined) return { baseUrl: baseUrl ?? defaultBaseUrl, apiKey, model }
  if (apiKey !== undefined || baseUrl !== undefined)
    faults.push('RANKER_EMBEDDINGS_MODEL: is not set; name the model, or unset the address and the key beside it')
  return undefined
}
