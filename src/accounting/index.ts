export { type Admission, createAdmission } from './admission.ts'
export { dayOf, type Ledger, openLedger } from './ledger.ts'
export { createPrices } from './prices.ts'
export { createQuotas, hasBudget, isPriced, type Quotas, warnOfUnpriced } from './quotas.ts'
