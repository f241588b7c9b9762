import { createRandom, shuffled } from '../statistics/random.ts'
import { bootstrap } from '../statistics/resampling.ts'
import type { GoldDocument } from './gold.ts'
import type { Asked, Journal } from './journal.ts'
import { fewestDocuments, type Judged, judge, type Reply } from './scores.ts'

/** What confidences hold for. */
export interface VariantIdentity {
  readonly endpoint: string
  readonly model: string
  readonly prompt: string
  readonly tag_list: string
  /** The hash of the settings that an answer depends on. */
  readonly settings: string
}

/** A way to ask: a prompt, an endpoint, a list. */
export interface Variant {
  readonly name: string
  readonly of: VariantIdentity
  /** All that the answer depends on, and what there is to choose from. */
  prepare(document: GoldDocument): { readonly key: string; readonly shortlist: readonly string[] }
  /** Failures are outcomes too. */
  ask(document: GoldDocument, signal: AbortSignal): Promise<Asked>
}

export interface RunOptions {
  readonly journal: Journal
  readonly concurrency: number
  readonly seed: number
  readonly limit?: number | undefined
  /** Nothing is asked any more once the run has cost so much. */
  readonly maxUsd?: number | undefined
  /** Stops once the interval of set F1 reaches no further than this from its value. */
  readonly precision?: number | undefined
  readonly signal: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

export interface Progress {
  readonly variant: string
  readonly done: number
  readonly total: number
  readonly reused: number
  readonly costUsd: number
}

export interface VariantRun {
  readonly name: string
  readonly of: VariantIdentity
  readonly documents: readonly Judged[]
  readonly reused: number
  readonly left_out: number
  readonly stopped_by: 'max_usd' | 'precision' | null
}

const isAnswer = ({ outcome }: Asked) => outcome === 'ok' || outcome === 'none_apply'

/** Asks every variant about the same documents. What was answered before, under the same key, is not asked again. */
export async function runVariants(
  variants: readonly Variant[],
  given: readonly GoldDocument[],
  { journal, concurrency, seed, limit, maxUsd, precision, signal, onProgress }: RunOptions,
): Promise<VariantRun[]> {
  // In an order that says nothing, so that those asked before a stop stand for the rest.
  const documents = shuffled(given, createRandom(seed)).slice(0, limit)
  const order = new Map(given.map(({ id }, place) => [id, place]))
  let costUsd = 0
  const runs: VariantRun[] = []
  for (const variant of variants) {
    const judged: Judged[] = []
    let reused = 0
    let stoppedBy: VariantRun['stopped_by'] = null
    let next = 0
    const work = async (): Promise<void> => {
      while (next < documents.length && stoppedBy === null) {
        signal.throwIfAborted()
        const document = documents[next]!
        next += 1
        const { key, shortlist } = variant.prepare(document)
        const known = journal.get(key)
        if (known) reused += 1
        else if (maxUsd !== undefined && costUsd >= maxUsd) {
          stoppedBy = 'max_usd'
          return
        }
        const asked: Asked = known ?? (await variant.ask(document, signal))
        if (!known) {
          costUsd += asked.cost_usd ?? 0
          if (isAnswer(asked)) journal.add(key, asked)
        }
        judged.push(judge(document, { ...asked, shortlist } satisfies Reply))
        onProgress?.({ variant: variant.name, done: judged.length, total: documents.length, reused, costUsd })
        if (precision !== undefined && isPrecise(judged, precision)) stoppedBy ??= 'precision'
      }
    }
    await Promise.all(Array.from({ length: concurrency }, work))
    judged.sort((left, right) => order.get(left.id)! - order.get(right.id)!)
    const left_out = documents.length - judged.length
    runs.push({
      name: variant.name,
      of: variant.of,
      documents: judged,
      reused,
      left_out,
      stopped_by: left_out > 0 ? stoppedBy : null,
    })
  }
  return runs
}

/** Looked at every ten documents, as every look is a chance to stop too early. */
function isPrecise(judged: readonly Judged[], precision: number): boolean {
  if (judged.length < fewestDocuments || judged.length % 10 !== 0) return false
  const { low, high } = bootstrap(
    judged.map(({ f1 }) => f1),
    { draws: 2_000 },
  )
  return (high - low) / 2 <= precision
}
