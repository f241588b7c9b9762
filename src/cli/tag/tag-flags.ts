import type { OutputForm } from '../../catalogue/index.ts'

export interface TagFlags {
  readonly url?: string
  readonly to?: string
  readonly state?: string
  readonly form?: OutputForm
  readonly rowPerTag?: boolean
  readonly id: string
  readonly text: readonly string[]
  readonly idPattern?: RegExp
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  readonly from?: string
  readonly query?: string
  readonly into?: string
  readonly charset?: string
  readonly tags?: string
  readonly prompt?: string
  readonly maxTags?: number
  readonly cheap?: boolean
  readonly dryRun?: boolean
  readonly changed?: boolean
  readonly confirmUsd?: number
  readonly maxUsd?: number
  readonly report?: string
  readonly maxFailed?: { readonly items: number } | { readonly share: number }
}
