import type { Choices } from '../core/tags/choices.ts'
import type { ListedTag } from '../core/tags/tag-list.ts'

/** The tags that a text got, the one it is about, and what the model could choose from. */
export interface CanaryAnswer {
  readonly about: ListedTag
  readonly tags: readonly ListedTag[]
  readonly choices: Choices
}

/** In a list shorter than this, neighbours are no sign of anything. */
const shortestTelling = 8

/**
 * Whether a model reads what it is asked about. One that copies from the list or from the example gives two unlike
 * texts the same tags, or tags that stand next to each other.
 */
export function tellsApart(first: CanaryAnswer, second: CanaryAnswer): 'yes' | 'no' | 'unclear' {
  const answers = [first, second] as const
  if (first.about === second.about || answers.every(({ tags }) => tags.length === 0)) return 'unclear'
  const right = answers.filter(({ about, tags }) => tags.includes(about)).length
  const [labels, otherLabels] = answers.map(labelsOf) as [string[], string[]]
  if (new Set(labels).symmetricDifference(new Set(otherLabels)).size === 0) {
    if (right < 2) return 'no'
    // The best of a shortlist may stand at the same place in both; or there are hardly more tags than may be given.
    return first.choices.replyWith === 'positions' ? 'yes' : 'unclear'
  }
  if (right > 0) return 'yes'
  const size = Math.min(...answers.map(({ choices }) => choices.labels.length))
  return size >= shortestTelling && ordersOf(first.choices).some(order => areNeighbours(order, [labels, otherLabels]))
    ? 'no'
    : 'yes'
}

const labelsOf = ({ tags, choices }: CanaryAnswer): string[] =>
  tags.map(tag => String(choices.labels[choices.tags.indexOf(tag)]))

/** The orders in which a model may be shown a list: its owner's, by id, by name. */
function ordersOf({ labels, tags }: Choices): string[][] {
  const places = labels.map((label, index) => ({ label, name: tags[index]!.name }))
  const byLabel = places.toSorted((one, other) =>
    typeof one.label === 'number' && typeof other.label === 'number'
      ? one.label - other.label
      : String(one.label) < String(other.label)
        ? -1
        : 1,
  )
  const byName = places.toSorted((one, other) => (one.name < other.name ? -1 : 1))
  return [places, byLabel, byName].map(order => order.map(({ label }) => String(label)))
}

/** Whether each answer is a run of neighbours, or all of them together are. */
function areNeighbours(order: readonly string[], answers: readonly string[][]): boolean {
  const isRun = (labels: readonly string[]) => {
    const places = [...new Set(labels)].map(label => order.indexOf(label)).sort((one, other) => one - other)
    return places.length > 1 && places.every((place, index) => index === 0 || place === places[index - 1]! + 1)
  }
  return answers.every(isRun) || isRun(answers.flat())
}
