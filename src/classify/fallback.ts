import { type ErrorCode, ServiceError } from '../domain/outcome.ts'
import { askForTags, type ModelAnswer, type TagOptions } from './asking.ts'
import type { Endpoint } from './endpoint.ts'
import { chooseEndpoint } from './endpoint-choice.ts'
import type { Task } from './tasks.ts'

export interface FallbackOptions {
  /** In the order in which they are asked; the first is the one that is meant. */
  readonly endpoints: readonly [Endpoint, ...Endpoint[]]
  /** Whether another endpoint is asked after a refusal or a content filter. */
  readonly onRefusal: boolean
  readonly onInvalidReply?: TagOptions['onInvalidReply']
}

const failures: readonly ErrorCode[] = [
  'upstream_unavailable',
  'upstream_auth',
  'upstream_config',
  'invalid_reply',
  'truncated',
]
const refusals: readonly ErrorCode[] = ['refused', 'blocked']

interface AskingOptions extends Omit<TagOptions, 'model'> {
  /** Asked alone. */
  readonly only?: Endpoint | undefined
}

/** Asks one endpoint after the other until one answers; each but the last has its share of the time that is left. */
export function createFallback({ endpoints, onRefusal, onInvalidReply }: FallbackOptions) {
  const worthAnother = onRefusal ? [...failures, ...refusals] : failures
  return {
    /** The endpoint whose answers are wanted; the others stand in for it. */
    meant: endpoints[0].name,
    /** @throws ServiceError when there is no such endpoint */
    choose: (name: string): Endpoint => chooseEndpoint(endpoints, name),
    ask: (task: Task, { only, ...given }: AskingOptions): Promise<ModelAnswer> =>
      askInTurn(only ? [only] : endpoints, task, onInvalidReply ? { ...given, onInvalidReply } : given),
  }

  function askInTurn(
    [endpoint, ...others]: FallbackOptions['endpoints'],
    task: Task,
    options: Omit<TagOptions, 'model'>,
  ): Promise<ModelAnswer> {
    // A prompt that names a model means it of the first endpoint; the others know their own.
    const model = endpoint === endpoints[0] ? task.prompt.settings.model : undefined
    const [next, ...rest] = others
    if (next === undefined) return askForTags(endpoint, task, { ...options, model })
    const share = Math.max(1, Math.floor((options.deadline - Date.now()) / (others.length + 1)))
    const shareOver = AbortSignal.timeout(share)
    const signal = AbortSignal.any([options.signal, shareOver])
    const deadline = Date.now() + share
    return askForTags(endpoint, task, { ...options, model, signal, deadline }).catch(error => {
      const late = shareOver.aborted && !options.signal.aborted
      if (!late && !(error instanceof ServiceError && worthAnother.includes(error.code))) throw error
      return askInTurn([next, ...rest], task, options)
    })
  }
}
