import { ServiceError } from '../domain/outcome.ts'
import type { Classifier } from './classifier.ts'
import type { Metrics } from './ports.ts'

/** The same classifier, with every answer and every failure counted, whichever door it came through. */
export function measured(classifier: Classifier, metrics: Metrics): Classifier {
  return {
    async classify(request, options) {
      try {
        const result = await classifier.classify(request, options)
        const { details, cache } = result
        metrics.classification({ outcome: details.outcome, attempts: details.attempts, details, cache })
        return result
      } catch (error) {
        const [outcome, attempts] =
          error instanceof ServiceError ? [error.code, error.attempts] : (['internal', []] as const)
        metrics.classification({ outcome, attempts, details: undefined })
        throw error
      }
    },
  }
}
