import { type Choices, createChoices, createChoicesOfLists } from '../domain/choices.ts'
import type { Prompt } from '../domain/prompt/prompt.ts'
import type { ListedTag, TagList } from '../domain/tag-list.ts'
import type { Rankers } from './rankers.ts'

/** What a model is shown of a list: all of it, or the tags that are most promising for the text. */
export interface Candidates {
  choose(prompt: Prompt, list: TagList, text: () => string): Choices
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

export function createCandidates({ rankers, wholeList, shortlist }: CandidatesOptions): Candidates {
  const choicesOfList = createChoicesOfLists()
  return {
    choose(prompt, list, text) {
      if (list.tags.length <= wholeList) return choicesOfList(list, prompt.settings.reply_with)
      // Numbered 1 to the size of the shortlist, so that the schema is the same for every document.
      return createChoices(filledUp(rankers.of(list).shortlist(text(), shortlist), list, shortlist), 'positions')
    },
    explain({ tags }) {
      if (tags.length <= wholeList) return `${tags.length} tags, shown to the model whole`
      return `${tags.length} tags, over WHOLE_LIST_LIMIT (${wholeList}): the ${shortlist} most promising are shown for each text`
    },
  }
}

/** The tags that have nothing to do with the text take the seats that are left. */
function filledUp(tags: readonly ListedTag[], list: TagList, size: number): readonly ListedTag[] {
  if (tags.length >= size) return tags
  const seated = new Set(tags)
  const others = list.tags.filter(tag => !seated.has(tag)).slice(0, size - tags.length)
  return [...tags, ...others]
}
