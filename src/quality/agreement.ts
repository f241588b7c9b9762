import { z } from 'zod'
import { DocumentId } from '../core/classification.ts'
import { parseJson } from '../core/json-fault.ts'
import { ServiceError } from '../core/outcome.ts'
import { TagId } from '../core/tags/tag-list.ts'
import { interval, percent } from './evaluation/report.ts'
import { labelLines } from './label-lines.ts'
import { type Estimate, estimatedMean, estimatedShare } from './statistics/estimates.ts'
import { createRandom } from './statistics/random.ts'
import { quantile } from './statistics/resampling.ts'
import { setScore } from './statistics/sets.ts'

/** A line of a gold set, or of labels alone; its text is not looked at. */
const LabelLine = z.object({
  id: DocumentId.optional(),
  tags: z.array(TagId),
  acceptable: z.array(TagId).default([]),
  group: z.string().optional(),
})

/** What `tagsmith evaluate --json` wrote: each variant is a labelling too. */
const RunFile = z.object({
  variants: z.array(
    z.object({
      name: z.string(),
      documents: z.array(z.object({ id: z.string(), given: z.array(z.string()), group: z.string().nullable() })),
    }),
  ),
})

interface Labels {
  readonly tags: readonly string[]
  readonly acceptable: readonly string[]
  readonly group?: string | undefined
}

export interface Labelling {
  readonly name: string
  readonly documents: ReadonlyMap<string, Labels>
}

/** @throws ServiceError with every line that is wrong */
export function readLabellings(name: string, content: string): Labelling[] {
  const run = RunFile.safeParse(parseJson(content))
  if (run.success)
    return run.data.variants.map(variant => ({
      name: `${variant.name} of ${name}`,
      documents: new Map(
        variant.documents.map(({ id, given, group }) => [
          id,
          { tags: given, acceptable: [], group: group ?? undefined },
        ]),
      ),
    }))
  const documents = new Map<string, Labels>()
  const faults: { pointer: string; message: string }[] = []
  for (const { number, success, data, error } of labelLines(content, LabelLine)) {
    const pointer = `line ${number}`
    const id = String(data?.id ?? number)
    if (!success) faults.push({ pointer, message: error.issues[0]!.message })
    else if (documents.has(id)) faults.push({ pointer, message: `the id ${id} comes twice` })
    else documents.set(id, { tags: data.tags.map(String), acceptable: data.acceptable.map(String), group: data.group })
  }
  if (faults.length > 0) throw new ServiceError('invalid_request', `${name} holds no labels.`, { faults })
  return [{ name, documents }]
}

type Pair = readonly [one: Labels, other: Labels]

/**
 * Cohen's kappa of whether a tag is given, pooled over the tags: what is seen and what chance would give are added up tag
 * by tag, so that a tag which nobody gives does not count as agreement. 1 when there is nothing to agree about.
 */
export function pooledKappa(pairs: readonly Pair[]): number {
  const counts = new Map<string, { both: number; one: number; other: number }>()
  for (const [one, other] of pairs) {
    for (const tag of new Set([...one.tags, ...other.tags])) {
      const count = counts.get(tag) ?? { both: 0, one: 0, other: 0 }
      const [inOne, inOther] = [one.tags.includes(tag), other.tags.includes(tag)]
      if (inOne) count.one += 1
      if (inOther) count.other += 1
      if (inOne && inOther) count.both += 1
      counts.set(tag, count)
    }
  }
  let above = 0
  let possible = 0
  for (const { both, one, other } of counts.values()) {
    above += 2 * (pairs.length * both - one * other)
    possible += pairs.length * (one + other) - 2 * one * other
  }
  return possible === 0 ? 1 : above / possible
}

const kappaDraws = 2_000

/** The 95 % percentile bootstrap interval of kappa, which is no mean. */
function kappaInterval(pairs: readonly Pair[]) {
  const random = createRandom(1)
  const clusters = [...Map.groupBy(pairs, ([{ group }], place) => group ?? place).values()]
  const drawn = () => clusters.flatMap(() => clusters[Math.floor(random() * clusters.length)]!)
  const values = Float64Array.from({ length: kappaDraws }, () => pooledKappa(drawn())).sort()
  return { low: quantile(values, 0.025), high: quantile(values, 0.975) }
}

export interface Agreement {
  readonly set_f1: Estimate
  readonly exact: Estimate
  readonly kappa: Estimate
  /** How often the first tag of the one is a tag of the other, among documents that both give a tag; then the other way. */
  readonly first_in_other: readonly [Estimate, Estimate]
  /** The share of the tags of the one that the other gives or accepts; then the other way. */
  readonly accepted: readonly [Estimate, Estimate]
}

/** Over the documents that both have labelled; undefined when there is none. */
export function agreementOf(one: Labelling, other: Labelling): Agreement | undefined {
  const pairs = [...one.documents].flatMap(([id, labels]): Pair[] => {
    const others = other.documents.get(id)
    return others ? [[labels, others]] : []
  })
  if (pairs.length === 0) return
  const average = (among: readonly Pair[], of: (...pair: Pair) => number) =>
    estimatedMean(
      among.map(pair => of(...pair)),
      { groups: among.map(([{ group }]) => group) },
    )
  const share = (among: readonly Pair[], is: (...pair: Pair) => boolean) =>
    estimatedShare(among.filter(pair => is(...pair)).length, among.length)
  const f1 = (left: Labels, right: Labels) => setScore(new Set(left.tags), new Set(right.tags)).f1
  const turned = pairs.map(([left, right]): Pair => [right, left])
  const isFirstIn = (left: Labels, right: Labels) => right.tags.includes(left.tags[0]!)
  const accepted = ({ tags }: Labels, right: Labels) =>
    tags.filter(tag => right.tags.includes(tag) || right.acceptable.includes(tag)).length / tags.length
  const both = (among: readonly Pair[]) => among.filter(pair => pair.every(({ tags }) => tags.length > 0))
  const some = (among: readonly Pair[]) => among.filter(([{ tags }]) => tags.length > 0)
  return {
    set_f1: average(pairs, f1),
    exact: share(pairs, (left, right) => f1(left, right) === 1),
    kappa: { value: pooledKappa(pairs), size: pairs.length, ...kappaInterval(pairs) },
    first_in_other: [share(both(pairs), isFirstIn), share(both(turned), isFirstIn)],
    accepted: [average(some(pairs), accepted), average(some(turned), accepted)],
  }
}

export function agreementInWords(agreement: Agreement | undefined, [one, other]: readonly [string, string]): string {
  if (!agreement) return `${one} and ${other} label no document in common\n`
  const rows = [
    ['set F1', agreement.set_f1],
    ['same set', agreement.exact],
    ["Cohen's kappa, x 100", agreement.kappa],
    ['first tag of the first in the second', agreement.first_in_other[0]],
    ['first tag of the second in the first', agreement.first_in_other[1]],
    ['tags of the first that the second accepts', agreement.accepted[0]],
    ['tags of the second that the first accepts', agreement.accepted[1]],
  ] as const
  const lines = rows.map(([name, found]) => `${name.padEnd(42)}${percent(found.value).padStart(6)}  ${interval(found)}`)
  return `${[`${one} and ${other}: ${agreement.set_f1.size} documents`, ...lines].join('\n')}\n`
}
