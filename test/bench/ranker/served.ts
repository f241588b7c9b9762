import { createDocuments } from '../../../src/documents/index.ts'
import { interval, mean } from '../resampling.ts'
import type { LabelledSet, LabelledText } from './labelled-sets.ts'
import { type Answer, quality } from './measures.ts'

/** The texts as the service reads them at its defaults: reduced to the budget. One that it refuses is left out. */
export function readServedSets(sets: readonly LabelledSet[]): LabelledSet[] {
  const documents = createDocuments({ textBudget: 2_000 })
  const served = (labelled: LabelledText): LabelledText[] => {
    try {
      return [{ ...labelled, text: documents.read(labelled.text, { reduce: true }).text() }]
    } catch {
      return []
    }
  }
  return sets.map(set => ({ ...set, texts: set.texts.flatMap(served) }))
}

export const SERVED_HEAD = ['set', 'texts', 'tags', 'first tag right', 'set F1', 'wrongly []', 'rightly []']

const percent = (values: readonly number[]): string => {
  if (values.length === 0) return ''
  const [least, most] = interval(values)
  return `${(100 * mean(values)).toFixed(1)} [${(100 * least).toFixed(1)}, ${(100 * most).toFixed(1)}]`
}

/** What is answered to the texts of a set, in percent with 95 % intervals; [] apart by whether it is the right answer. */
export function servedRow({ name, texts, tags }: LabelledSet, answers: readonly Answer[]): string[] {
  const rows = texts.map((text, place) => {
    const answer = answers[place]!
    const { firstRight, f1 } = quality([text], [answer])
    return { isAbout: text.tags.length > 0, firstRight, f1, isEmpty: answer.selected.length === 0 ? 1 : 0 }
  })
  const about = rows.filter(({ isAbout }) => isAbout)
  const none = rows.filter(({ isAbout }) => !isAbout)
  return [
    name,
    String(texts.length),
    String(tags.length),
    percent(about.map(({ firstRight }) => firstRight)),
    percent(about.map(({ f1 }) => f1)),
    percent(about.map(({ isEmpty }) => isEmpty)),
    percent(none.map(({ isEmpty }) => isEmpty)),
  ]
}
