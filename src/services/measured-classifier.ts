import { ServiceError } from '../domain/outcome.ts'
import type { Classifier } from './classifier.ts'
import type { Metrics } from './ports.ts'

/** The same classifier, with every answer and every failure counted, whichever door it came through. */
export function measured(classifier: Classifier, metrics: Metrics): Classifier {
  return {
    classify(request, options) {
      // No frame that waits: it would hold the text while the model thinks.
      return classifier.classify(request, options).then(
        result => {
          const { details, cache } = result
          metrics.classification({ outcome: details.outcome, attempts: details.attempts, details, cache })
          return result
        },
        error => {
          const [outcome, attempts] =
            error instanceof ServiceError ? [error.code, error.attempts] : (['internal', []] as const)
          metrics.classification({ outcome, attempts, details: undefined })
          throw error
        },
      )
    },
  }
}
