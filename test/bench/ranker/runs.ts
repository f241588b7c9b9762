import type { Tag, TagId } from '../../../src/core/tags/tag-list.ts'
import { createRanker, type RankerOptions } from '../../../src/ranker/ranker.ts'
import { listOf } from '../../support/tag-lists.ts'
import type { LabelledText } from './labelled-sets.ts'
import type { Answer } from './measures.ts'

export interface Run {
  readonly answers: Answer[]
  readonly shortlists: TagId[][]
  readonly selectMillis: number[]
  readonly shortlistMillis: number[]
  readonly buildMillis: number
  readonly indexMegabytes: number
}

const RANKED = 100

function memory(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function timed<Result>(millis: number[], work: () => Result): Result {
  const start = performance.now()
  const result = work()
  millis.push(performance.now() - start)
  return result
}

/** Runs the ranker over labelled texts; examples never vote on their own text. */
export function runRanker(tags: readonly Tag[], texts: readonly LabelledText[], options: RankerOptions): Run {
  const list = listOf(tags)
  const before = memory()
  const build: number[] = []
  const ranker = timed(build, () => createRanker(list, options))
  const indexMegabytes = (memory() - before) / 1e6
  const run: Run = {
    answers: [],
    shortlists: [],
    selectMillis: [],
    shortlistMillis: [],
    buildMillis: build[0]!,
    indexMegabytes,
  }
  for (const { text } of texts) {
    const selected = timed(run.selectMillis, () => ranker.select(text, 3))
    const shortlist = timed(run.shortlistMillis, () => ranker.shortlist(text, RANKED))
    run.shortlists.push(shortlist.map(({ id }) => id))
    const ranked = ranker.rank(text).slice(0, RANKED)
    run.answers.push({ ranked: ranked.map(({ tag }) => tag.id), selected: selected.map(({ tag }) => tag.id) })
  }
  return run
}
