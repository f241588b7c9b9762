import { unknownUsage } from '../core/usage.ts'
import type { Rankers } from '../ranker/index.ts'
import type { Engine, ScoreReply } from './engine.ts'
import type { WireForm } from './request-form/request-form.ts'

/** There is no wire. */
const localForm: WireForm = {
  format: { type: 'local', strict: false, enum: true, omitted: [] },
  toolChoice: 'named',
  tokenParameter: null,
  refusedTokenParameters: [],
  omitted: [],
  reasoningEffort: null,
  stream: false,
  systemInUser: false,
  thinks: false,
}

const embeddedRankerName = 'embedded-ranker'

/** The model when there is none: the ranker that ships with the service, behind the same port as any other engine. */
export function createEmbeddedRanker(rankers: Rankers): Engine<ScoreReply> {
  return {
    endpoint: embeddedRankerName,
    model: embeddedRankerName,
    reads: 'list',
    initialForm: () => localForm,
    async complete({ text, tagList, maxTags, learned, encoded }) {
      const ranker = rankers.of(tagList, learned)
      const textRead = ranker.canRead(text())
      // Its scores rank the tags of one text; they are no probabilities.
      const scores = ranker.select(text(), maxTags, encoded).map(({ tag }) => ({ tag, probability: null }))
      const reply = { scores, refused: [], missing: [], textRead, model: embeddedRankerName, finish: 'stop' as const }
      return { ok: true, reply: { ...reply, usage: unknownUsage, headers: undefined } }
    },
  }
}
