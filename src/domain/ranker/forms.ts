import { formCuesIn } from '../document/form-cues.ts'
import type { Passage } from '../document/passages.ts'
import type { ListedTag } from '../tag-list.ts'
import type { PhraseHit } from './phrases.ts'
import { tokenize } from './tokens.ts'

const CUE_SCORE = 0.25

const fold = (words: string): string => tokenize(words).join(' ')

/** The tags that name a kind of software, found by their own names and aliases; answers what the cues of a text give them. */
export function createFormIndex(tags: readonly ListedTag[]): (passages: readonly Passage[]) => Map<number, PhraseHit> {
  const byName = new Map<string, number[]>()
  tags.forEach((tag, index) => {
    for (const name of new Set([tag.name, ...tag.aliases].map(fold))) {
      const holders = byName.get(name)
      if (holders) holders.push(index)
      else byName.set(name, [index])
    }
  })
  return passages => {
    const hits = new Map<number, PhraseHit>()
    for (const { kind, sign } of formCuesIn(passages)) {
      for (const name of kind)
        for (const index of byName.get(fold(name)) ?? [])
          hits.set(index, { score: CUE_SCORE, evidence: [{ phrase: sign, part: 'code' }] })
    }
    return hits
  }
}
