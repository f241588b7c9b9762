import { FORM_NAMES, formCuesIn } from '../document/form-cues.ts'
import type { Passage } from '../document/passages.ts'
import type { PhraseHit } from './phrases.ts'
import type { TagTerms } from './tag-terms.ts'
import { tokenize } from './tokens.ts'

const CUE_SCORE = 0.25

const fold = (words: string): string => tokenize(words).join(' ')

/** The tags that name a kind of software, found by their own names and aliases; answers what the cues of a text give them. */
export function createFormIndex(tags: readonly TagTerms[]): (passages: readonly Passage[]) => Map<number, PhraseHit> {
  const holders = new Map<string, Set<number>>(FORM_NAMES.map(name => [fold(name), new Set()]))
  tags.forEach((tag, index) => {
    for (const { spellings } of tag.names)
      for (const spelling of spellings)
        holders.get(spelling.length === 1 ? spelling[0]! : spelling.join(' '))?.add(index)
  })
  return passages => {
    const hits = new Map<number, PhraseHit>()
    for (const { names, sign } of formCuesIn(passages)) {
      for (const name of names)
        for (const index of holders.get(fold(name)) ?? [])
          hits.set(index, { score: CUE_SCORE, evidence: [{ phrase: sign, part: 'form' }] })
    }
    return hits
  }
}
