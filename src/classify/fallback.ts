import { chooseEndpoint } from '../core/endpoint-names.ts'
import type { Endpoint } from '../core/model/endpoint.ts'
import type { Task } from '../core/model/task.ts'
import { type ErrorCode, ServiceError } from '../core/outcome.ts'
import { askForTags, type ModelAnswer, type TagOptions } from './ask-for-tags.ts'

export interface FallbackOptions {
  /** In the order in which they are asked; the first is the one that is meant. */
  readonly endpoints: readonly [Endpoint, ...Endpoint[]]
  /** Asked where it is chosen by name, also where it is none of them. */
  readonly ranker?: Endpoint | undefined
  /** One of them, of poorer answers: it stands in for the others, but not for those who can wait. */
  readonly lastResort?: Endpoint | undefined
  /** Whether another endpoint is asked after a refusal or a content filter. */
  readonly onRefusal: boolean
  readonly onInvalidReply?: TagOptions['onInvalidReply']
}

const failures: readonly ErrorCode[] = [
  'upstream_unavailable',
  // Of its share of the time; when all of it is over, the others are not asked either.
  'deadline',
  'upstream_auth',
  'upstream_config',
  'invalid_reply',
  'truncated',
]
const refusals: readonly ErrorCode[] = ['refused', 'blocked']

interface AskingOptions extends Omit<TagOptions, 'model'> {
  /** Asked alone. */
  readonly only?: Endpoint | undefined
  /** Whether an endpoint that is down is better waited for than stood in for. */
  readonly canWait?: boolean
}

/** Asks one endpoint after the other until one answers; each but the last has its share of the time that is left. */
export function createFallback({ endpoints, ranker, lastResort, onRefusal, onInvalidReply }: FallbackOptions) {
  const [meant, ...standIns] = endpoints
  const waitedFor: FallbackOptions['endpoints'] = [meant, ...standIns.filter(endpoint => endpoint !== lastResort)]
  const worthAnother = onRefusal ? [...failures, ...refusals] : failures
  return {
    /** The endpoint whose answers are wanted; the others stand in for it. */
    meant,
    /** Whether texts that people confirmed change its answer, or that of the one that is asked alone. */
    learns: (only: Endpoint | undefined): boolean => (only ?? meant).reads === 'list',
    /** Whether those who can wait are answered by fewer endpoints than the others. */
    hasLastResort: waitedFor.length < endpoints.length,
    /** @throws ServiceError when there is no such endpoint */
    choose: (name: string): Endpoint => (name === ranker?.name ? ranker : chooseEndpoint(endpoints, name)),
    ask: (task: Task, { only, canWait = false, ...given }: AskingOptions): Promise<ModelAnswer> =>
      askInTurn(
        only ? [only] : canWait ? waitedFor : endpoints,
        task,
        onInvalidReply ? { ...given, onInvalidReply } : given,
      ),
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
    const share = Math.max(1, Math.floor((options.deadline - performance.now()) / (others.length + 1)))
    const shareOver = AbortSignal.timeout(share)
    const signal = AbortSignal.any([options.signal, shareOver])
    const deadline = performance.now() + share
    let byOthers: Promise<ModelAnswer> | undefined
    const askOthers = () => (byOthers ??= askInTurn([next, ...rest], task, options))
    const isTrial = endpoint.circuit(model, options.source) === 'half_open'
    const answer = askForTags(endpoint, task, { ...options, model, signal, deadline }).catch(error => {
      const late = shareOver.aborted && !options.signal.aborted
      if (!late && !(error instanceof ServiceError && worthAnother.includes(error.code))) throw error
      return askOthers()
    })
    // Whether the endpoint is back is found out on the side, so that the request does not wait for one that stalls.
    return isTrial ? Promise.any([answer, askOthers()]).catch(() => answer) : answer
  }
}
