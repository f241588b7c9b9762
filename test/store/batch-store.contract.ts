import { describe } from 'vitest'
import type { OpenStore } from '../support/store-builders.ts'
import { endingContract } from './store-endings.contract.ts'
import { feedbackContract } from './store-feedback.contract.ts'
import { leaseContract } from './store-leases.contract.ts'
import { ledgerContract } from './store-ledgers.contract.ts'
import { reviewContract } from './store-reviews.contract.ts'
import { submissionContract } from './store-submissions.contract.ts'
import { uploadContract } from './store-uploads.contract.ts'

/** What every store must do. `open` gives a new, empty one; the suite closes it. */
export function storeContract(name: string, open: OpenStore): void {
  describe(name, () => {
    uploadContract(open)
    leaseContract(open)
    endingContract(open)
    ledgerContract(open)
    feedbackContract(open)
    reviewContract(open)
    submissionContract(open)
  })
}
