import { ServiceError } from './outcome.ts'

interface Named {
  readonly name: string
  readonly model: string
}

/** A prompt may name a model. */
export interface Asking {
  readonly settings: { readonly model?: string | undefined }
}

const fullName = ({ name, model }: Named) => `${name}/${model}`
/** What a request calls an endpoint: its name, with its model where others of the host have the same. */
export const nameAmong = (endpoints: readonly Named[], endpoint: Named): string =>
  endpoints.filter(({ name }) => name === endpoint.name).length > 1 ? fullName(endpoint) : endpoint.name
export const isMeant = (endpoint: Named, wanted: string) => wanted === endpoint.name || wanted === fullName(endpoint)

/** The endpoint of this name; `name/model` tells apart those that share a host. @throws ServiceError */
export function chooseEndpoint<Choice extends Named>(endpoints: readonly Choice[], wanted: string): Choice {
  const found = endpoints.filter(endpoint => isMeant(endpoint, wanted))
  const [first] = found
  if (first && found.every(({ model }) => model === first.model)) return first
  const names = endpoints.map(endpoint => nameAmong(endpoints, endpoint))
  const what = first ? 'More than one endpoint has this name' : 'There is no endpoint of this name'
  throw new ServiceError('invalid_request', `${what}: choose one of ${[...new Set(names)].join(', ')}.`, {
    faults: [{ pointer: '/endpoint', message: `is not one of ${[...new Set(names)].join(', ')}` }],
  })
}

/** A prompt that names a model means it of the first endpoint; the others know their own. @throws ServiceError */
export function modelAsked(
  endpoints: readonly [Named, ...Named[]],
  { prompt, endpoint }: { prompt: Asking; endpoint: string | undefined },
): string {
  const chosen = endpoint === undefined ? endpoints[0] : chooseEndpoint(endpoints, endpoint)
  return (chosen === endpoints[0] ? prompt.settings.model : undefined) ?? chosen.model
}
