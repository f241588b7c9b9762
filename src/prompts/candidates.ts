import type { CandidateReport } from '../core/classification.ts'
import type { EncodedText, LearnedExamples, Neighbour, Rankers } from '../core/ranking.ts'
import { type Choices, createChoices, createChoicesOfLists, enumLimits, type ListForm } from '../core/tags/choices.ts'
import type { ListedTag, TagList } from '../core/tags/tag-list.ts'

/** What a model is shown of a list, and why that. */
export interface Chosen {
  readonly choices: Choices
  readonly report: CandidateReport
  /** Where nothing was found to go by: what is to be shown once a model has said what the text is about. */
  readonly byTopics?: (topics: readonly string[]) => Chosen
}

/** What a model is shown of a list: all of it, or the tags that are most promising for the text. */
export interface Candidates {
  choose(form: ListForm, list: TagList, text: () => string, encoded?: EncodedText): Chosen
  /** The tags that the words of a text suggest, the likeliest first; none when nothing stands out. */
  suggest(list: TagList, text: string, encoded?: EncodedText): readonly ListedTag[]
  /** Whether the list is too long to be shown whole. */
  areNeeded(list: TagList): boolean
  /** The texts whose tags are known that are most like a text, nearest first. */
  nearest(list: TagList, learned: LearnedExamples | undefined, text: string, count: number): readonly Neighbour[]
  /** In words, what happens to a list and why. */
  explain(list: TagList): string
}

export interface CandidatesOptions {
  readonly rankers: Rankers
  /** The longest list that is shown whole. */
  readonly wholeList: number
  /** How many tags of a longer one are shown. */
  readonly shortlist: number
}

/** With five, a model of 1.5 billion parameters was right more often than with the eight best ranked or with none. */
const suggestions = 5

export function createCandidates({ rankers, wholeList, shortlist }: CandidatesOptions): Candidates {
  const choicesOfList = createChoicesOfLists()
  const numbered = new WeakMap<TagList, Choices>()

  return {
    choose(form, list, text, encoded) {
      const report = reportOf(list)
      if (list.tags.length <= wholeList)
        return { choices: choicesOfList(list, form), report: report(list.tags, 'whole_list', null) }
      const ranker = rankers.of(list)
      const textRead = ranker.canRead(text())
      const found = ranker.shortlist(text(), shortlist, encoded)
      if ((textRead || encoded) && found.length > 0) return shown(list, found, report(found, 'ranker', textRead))
      // One longer call costs less than two, and misses nothing.
      if (list.tags.length <= enumLimits.values) {
        const choices = numbered.getOrInsertComputed(list, () => createChoices(list.tags, 'positions'))
        return { choices, report: report(list.tags, 'whole_list', textRead) }
      }
      return {
        ...shown(list, found, report(found, 'guess', textRead)),
        byTopics(topics) {
          const told = topics.join('.\n\n')
          const isTelling = ranker.canRead(told) && ranker.shortlist(told, 1).length > 0
          const named = isTelling ? ranker.shortlist(`${told}\n\n${text()}`, shortlist) : []
          const basis = named.length > 0 ? 'topics' : 'guess'
          return shown(list, named.length > 0 ? named : found, report(named, basis, textRead))
        },
      }
    },
    suggest: (list, text, encoded) =>
      rankers
        .of(list)
        .select(text, suggestions, encoded)
        .map(({ tag }) => tag),
    areNeeded: ({ tags }) => tags.length > wholeList,
    nearest: (list, learned, text, count) => rankers.of(list, learned).nearest(text, count),
    explain({ tags }) {
      if (tags.length <= wholeList) return `${tags.length} tags, shown to the model whole`
      return `${tags.length} tags, over WHOLE_LIST_LIMIT (${wholeList}): the ${shortlist} most promising are shown for each text`
    },
  }

  function reportOf({ tags: listed }: TagList) {
    return (
      tags: readonly ListedTag[],
      basis: CandidateReport['basis'],
      textRead: boolean | null,
    ): CandidateReport => ({
      shown: basis === 'whole_list' ? tags.length : Math.min(shortlist, listed.length),
      listed: listed.length,
      basis,
      text_read: textRead,
    })
  }

  /** Numbered 1 to the size of the shortlist, so that the schema is the same for every document. */
  function shown(list: TagList, tags: readonly ListedTag[], report: CandidateReport): Chosen {
    return { choices: createChoices(filledUp(tags, list, shortlist), 'positions'), report }
  }
}

/** What is left of the size goes to tags from all over the list, as the first of it may be all of one kind. */
function filledUp(tags: readonly ListedTag[], list: TagList, size: number): readonly ListedTag[] {
  if (tags.length >= size) return tags
  const picked = new Set(tags)
  const others = list.tags.filter(tag => !picked.has(tag))
  const left = Math.min(size - tags.length, others.length)
  return [...tags, ...Array.from({ length: left }, (_, place) => others[Math.floor((place * others.length) / left)]!)]
}
