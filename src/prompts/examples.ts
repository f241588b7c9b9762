import { LRUCache } from 'lru-cache'
import { digest } from '../core/bytes/digest.ts'
import type { Prompt, ShownExample } from '../core/model/prompt.ts'
import type { ReadDocument, ShownExamples } from '../core/model/task.ts'
import type { LabelledExample, LearnedExamples, Neighbour } from '../core/ranking.ts'
import type { TagList } from '../core/tags/tag-list.ts'
import { areNearDuplicates, openingOf, type TextWords, textWords } from '../documents/index.ts'

/** Of fewer the nearest one is seldom near. */
const fewest = 20
const looked = 25
/** Below this similarity a text says nothing about another. */
const leastSimilarity = 0.1
const wordsKept = 5_000

/** Picks what a model is shown of the texts that people confirmed: the nearest ones, each of other tags. */
export function createExamples(
  nearest: (list: TagList, learned: LearnedExamples | undefined, text: string, count: number) => readonly Neighbour[],
) {
  const words = new LRUCache<string, TextWords>({ max: wordsKept, memoMethod: textWords })

  return (
    { prompt, tagList, document }: { prompt: Prompt; tagList: TagList; document: ReadDocument },
    learned: LearnedExamples | undefined,
  ): ShownExamples | undefined => {
    const most = prompt.settings.examples ?? 0
    const own = tagList === prompt.tagList ? prompt.examples.length : 0
    if (most === 0 || own + (learned?.examples.length ?? 0) < fewest) return undefined
    const text = document.text()
    const ownWords = textWords(text)
    const kinds = new Set<string>()
    const shown: ShownExample[] = []
    for (const { example, similarity } of nearest(tagList, learned, text, looked)) {
      if (shown.length === most || similarity < leastSimilarity) break
      const kind = kindOf(example)
      if (kinds.has(kind) || example.text === text || areNearDuplicates(words.memo(example.text), ownWords)) continue
      kinds.add(kind)
      shown.push({ text: openingOf(example.text), tags: example.tags, rejected: example.rejected ?? [] })
    }
    // The nearest one stands nearest to the document.
    shown.reverse()
    return shown.length > 0 ? { version: digest(JSON.stringify(shown)), shown } : undefined
  }
}

const kindOf = ({ tags }: LabelledExample): string => JSON.stringify(tags.map(String).sort())
