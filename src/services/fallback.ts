import { type ErrorCode, ServiceError } from '../domain/outcome.ts'
import { askForTags, type ModelAnswer, type TagOptions } from './asking.ts'
import type { Endpoint } from './endpoint.ts'
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

/** Asks one endpoint after the other until one answers; each but the last has its share of the time that is left. */
export function createFallback({ endpoints, onRefusal, onInvalidReply }: FallbackOptions) {
  const worthAnother = onRefusal ? [...failures, ...refusals] : failures
  return {
    /** The endpoint whose answers are wanted; the others stand in for it. */
    meant: endpoints[0].name,
    async ask(task: Task, given: Omit<TagOptions, 'model'>): Promise<ModelAnswer> {
      const options = onInvalidReply ? { ...given, onInvalidReply } : given
      for (const [index, endpoint] of endpoints.entries()) {
        // A prompt that names a model means it of the first endpoint; the others know their own.
        const model = index === 0 ? task.prompt.settings.model : undefined
        const left = endpoints.length - index
        if (left === 1) return await askForTags(endpoint, task, { ...options, model })
        const share = Math.max(1, Math.floor((options.deadline - Date.now()) / left))
        const shareOver = AbortSignal.timeout(share)
        const signal = AbortSignal.any([options.signal, shareOver])
        try {
          return await askForTags(endpoint, task, { ...options, model, signal, deadline: Date.now() + share })
        } catch (error) {
          const late = shareOver.aborted && !options.signal.aborted
          if (!late && !(error instanceof ServiceError && worthAnother.includes(error.code))) throw error
        }
      }
      throw new RangeError('there is no endpoint')
    },
  }
}
