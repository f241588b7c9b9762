import type { Classifier } from '../core/classifier.ts'
import { ServiceError } from '../core/outcome.ts'
import type { Metrics } from '../observability/index.ts'

/** The same classifier, with every answer and every failure counted, whichever door it came through. */
export function measured(classifier: Classifier, metrics: Metrics): Classifier {
  return {
    classify(request, options) {
      // No frame that waits: it would hold the text while the model thinks.
      return classifier.classify(request, options).then(
        result => {
          const { details, cache } = result
          metrics.classification({ outcome: details.outcome, details, cache })
          return result
        },
        error => {
          const outcome = error instanceof ServiceError ? error.code : 'internal'
          metrics.classification({ outcome, details: undefined })
          throw error
        },
      )
    },
  }
}
