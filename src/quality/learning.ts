import { digest } from '../core/bytes/digest.ts'
import { fewestConfirmed } from '../core/corrections.ts'
import type { ReadRequest } from '../core/model/task.ts'
import type { LabelledExample, LearnedExamples, Ranker } from '../core/ranking.ts'
import type { TagId, TagList } from '../core/tags/tag-list.ts'
import { areNearDuplicates, textWords } from '../documents/index.ts'
import type { GoldDocument } from './evaluation/gold.ts'
import { type Estimate, estimatedMean } from './statistics/estimates.ts'
import { createRandom, shuffled } from './statistics/random.ts'
import { mean, signFlip, smallestDifference } from './statistics/resampling.ts'
import { setScore } from './statistics/sets.ts'

const mostTags = 3
const sizes = [25, 50, 100, 200]
const seeds = [1, 2, 3, 4, 5]
const mostTested = 300

interface Learned {
  readonly documents: number
  readonly without: number
  readonly with: number
  readonly difference: Estimate
  readonly p: number
  readonly smallest_difference: number
  readonly near_duplicates: number
}

interface CurvePoint {
  readonly corrections: number
  readonly f1: readonly number[]
  readonly gain: Estimate
}

const labelledBy = ({ byId }: TagList, { text, tags }: Pick<GoldDocument, 'text' | 'tags'>): LabelledExample => ({
  text,
  tags: tags.map((tag): TagId => byId.get(tag)?.id ?? tag),
})

/** For each document the others of its group, and its near-duplicates. */
function createTwins(documents: readonly GoldDocument[]) {
  const words = documents.map(({ text }) => textWords(text))
  const places = new Map(documents.map((document, place) => [document, place]))
  return (document: GoldDocument): GoldDocument[] => {
    const place = places.get(document)!
    return documents.filter((other, index) => {
      if (index === place) return false
      if (document.group !== undefined && other.group === document.group) return true
      return areNearDuplicates(words[place]!, words[index]!)
    })
  }
}

/**
 * What an evaluation has of confirmed texts: all labelled documents but the one that is asked about, those of its group
 * and its near-duplicates. `shown` is a text as an engine reads it, so that a text is known for its own.
 */
export function createLeaveOneOut(
  documents: readonly GoldDocument[],
  shown: (text: string, prompt: string) => string,
): (request: ReadRequest) => ReadRequest['learned'] {
  const tagged = documents.filter(({ tags }) => tags.length > 0)
  if (tagged.length < fewestConfirmed) return () => undefined
  const twinsOf = createTwins(tagged)
  const pools = new Map<string, { readonly all: LearnedExamples; readonly of: ReadonlyMap<string, LearnedExamples> }>()

  function poolOf({ prompt, tagList }: ReadRequest) {
    const examples = new Map(
      tagged.map(document => {
        const text = shown(document.text, prompt.name)
        return [document, labelledBy(tagList, { text, tags: document.tags })] as const
      }),
    )
    const learned = (left: readonly GoldDocument[]): LearnedExamples => {
      const kept = left.map(document => examples.get(document)!)
      return { version: digest(JSON.stringify(kept)), examples: kept }
    }
    // A text is never its own neighbour, so one pool serves all documents that have no twin.
    const twins = tagged.flatMap(document => {
      const own = twinsOf(document)
      return own.length === 0
        ? []
        : [
            [
              digest(document.text),
              learned(tagged.filter(other => other !== document && !own.includes(other))),
            ] as const,
          ]
    })
    return { all: learned(tagged), of: new Map(twins) }
  }

  return request => {
    const { prompt, tagList, document } = request
    if (!prompt.settings.learn && !prompt.settings.examples) return undefined
    const key = `${prompt.version} ${tagList.version}`
    const pool = pools.get(key) ?? poolOf(request)
    pools.set(key, pool)
    return pool.of.get(document.originalDigest) ?? pool.all
  }
}

type Score = (document: GoldDocument) => number

interface StudyOptions {
  readonly list: TagList
  readonly createRanker: (list: TagList, examples: readonly LabelledExample[]) => Ranker
}

/** What the embedded ranker gains from texts whose tags a person confirmed. */
export function createLearningStudy(documents: readonly GoldDocument[], { list, createRanker }: StudyOptions) {
  const twinsOf = createTwins(documents)
  const scorer = (pool: readonly GoldDocument[]): Score => {
    const examples = pool.map(exampleOf)
    const ranker = createRanker(list, examples)
    return ({ text, tags }) =>
      setScore(new Set(ranker.select(text, mostTags).map(({ tag }) => String(tag.id))), new Set(tags)).f1
  }
  const exampleOf = ({ text, tags }: GoldDocument) => labelledBy(list, { text, tags })

  return {
    /** Every document with all others as examples, but for those of its group and its near-duplicates. */
    leaveOneOut(): Learned {
      const [bare, taught] = [scorer([]), scorer(documents)]
      let near_duplicates = 0
      const pairs = documents.map(document => {
        const twins = twinsOf(document)
        near_duplicates += twins.length > 0 ? 1 : 0
        // A text is never its own neighbour, so one ranker serves all documents that have no twin.
        const learned = twins.length === 0 ? taught : scorer(documents.filter(other => !twins.includes(other)))
        return { without: bare(document), with: learned(document) }
      })
      const differences = pairs.map(pair => pair.with - pair.without)
      return {
        documents: documents.length,
        without: mean(pairs.map(({ without }) => without)),
        with: mean(pairs.map(pair => pair.with)),
        difference: estimatedMean(differences, { groups: documents.map(({ group }) => group) }),
        p: signFlip(differences),
        smallest_difference: smallestDifference(differences),
        near_duplicates,
      }
    },
    /** Held-out documents after so many corrections of others: for each number five draws. */
    curve(): CurvePoint[] {
      const bare = scorer([])
      return sizes
        .filter(size => size <= documents.length * 0.6)
        .map(size => {
          const gains: number[] = []
          const groups: string[] = []
          const f1 = seeds.map(seed => {
            const drawn = shuffled(documents, createRandom(seed))
            // A document that is drawn more than once tells no more than one.
            const tested = drawn.slice(size).slice(0, mostTested)
            const twins = new Set(tested.flatMap(twinsOf))
            const taught = scorer(drawn.slice(0, size).filter(document => !twins.has(document)))
            const scores = tested.map(document => ({ with: taught(document), without: bare(document) }))
            gains.push(...scores.map(score => score.with - score.without))
            groups.push(...tested.map(({ id, group }) => group ?? `id ${id}`))
            return mean(scores.map(score => score.with))
          })
          return { corrections: size, f1, gain: estimatedMean(gains, { draws: 2_000, groups }) }
        })
    },
  }
}

const points = (share: number) => (100 * share).toFixed(1)

export function learningInWords({ leaveOneOut, curve }: ReturnType<typeof createLearningStudy>): string {
  const found = leaveOneOut()
  const { value, low, high } = found.difference
  const verdict = low > 0 ? 'examples help' : high < 0 ? 'examples harm' : 'this set cannot tell whether examples help'
  const lines = [
    `Learning of the embedded ranker from ${found.documents} confirmed texts, each left out for itself (${found.near_duplicates} have near-duplicates, which are left out too):`,
    `set F1 without ${points(found.without)}, with ${points(found.with)}: ${points(value)} points (${points(low)} to ${points(high)}), p ${found.p.toFixed(4)}: ${verdict}`,
    '',
    'corrections   set F1 of five draws            gain on held-out documents',
    ...curve().map(
      ({ corrections, f1, gain }) =>
        `${String(corrections).padStart(11)}   ${f1.map(points).join(' ').padEnd(30)}  ${points(gain.value)} (${points(gain.low)} to ${points(gain.high)})`,
    ),
  ]
  return `${lines.join('\n')}\n`
}
