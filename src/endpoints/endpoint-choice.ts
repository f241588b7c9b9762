import { ServiceError } from '../domain/outcome.ts'
import type { Prompt } from '../domain/prompt/prompt.ts'
import type { Endpoint } from './endpoint.ts'

type Named = Pick<Endpoint, 'name' | 'model'>

const fullName = ({ name, model }: Named) => `${name}/${model}`

/** The endpoint of this name; `name/model` tells apart those that share a host. @throws ServiceError */
export function chooseEndpoint<Choice extends Named>(endpoints: readonly Choice[], wanted: string): Choice {
  const found = endpoints.filter(endpoint => wanted === endpoint.name || wanted === fullName(endpoint))
  const [first] = found
  if (first && found.every(({ model }) => model === first.model)) return first
  const sharesName = ({ name }: Named) => endpoints.filter(other => other.name === name).length > 1
  const names = endpoints.map(endpoint => (sharesName(endpoint) ? fullName(endpoint) : endpoint.name))
  const what = first ? 'More than one endpoint has this name' : 'There is no endpoint of this name'
  throw new ServiceError('invalid_request', `${what}: choose one of ${[...new Set(names)].join(', ')}.`, {
    faults: [{ pointer: '/endpoint', message: `is not one of ${[...new Set(names)].join(', ')}` }],
  })
}

/** A prompt that names a model means it of the first endpoint; the others know their own. @throws ServiceError */
export function modelAsked(
  endpoints: readonly [Named, ...Named[]],
  { prompt, endpoint }: { prompt: Prompt; endpoint: string | undefined },
): string {
  const chosen = endpoint === undefined ? endpoints[0] : chooseEndpoint(endpoints, endpoint)
  return (chosen === endpoints[0] ? prompt.settings.model : undefined) ?? chosen.model
}
