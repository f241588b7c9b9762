import type { Engine, ScoreReply } from '../core/model/engine.ts'
import { fixedForm } from '../core/model/wire-form.ts'
import type { Rankers } from '../core/ranking.ts'
import { unknownUsage } from '../core/usage.ts'

const embeddedRankerName = 'embedded-ranker'

/**
 * The odds that a tag of score 1 is right, and how they grow: e^3.4 on a list with aliases, e^1.2 on one of 405 tags, and
 * slopes of 1.7 to 2.7, each of a logistic regression on the logarithm of the score.
 */
const ODDS_OF_ONE = 7
const GROWTH = 2.5

/** As often as tags of this score were right over several lists; of one list `tagsmith calibrate` knows more. */
function confidenceOf(score: number): number {
  const odds = ODDS_OF_ONE * score ** GROWTH
  return Math.round((odds / (1 + odds)) * 1e6) / 1e6
}

/** The model when there is none: the ranker that ships with the service, behind the same port as any other engine. */
export function createEmbeddedRanker(rankers: Rankers): Engine<ScoreReply> {
  return {
    endpoint: embeddedRankerName,
    model: embeddedRankerName,
    reads: 'list',
    initialForm: () => fixedForm('local'),
    async complete({ text, tagList, maxTags, learned, encoded }) {
      const ranker = rankers.of(tagList, learned)
      const textRead = ranker.canRead(text())
      const scores = ranker
        .select(text(), maxTags, encoded)
        .map(({ tag, score }) => ({ tag, probability: confidenceOf(score) }))
      const reply = { scores, refused: [], missing: [], textRead, model: embeddedRankerName, finish: 'stop' as const }
      return { ok: true, reply: { ...reply, usage: unknownUsage, headers: undefined } }
    },
  }
}
