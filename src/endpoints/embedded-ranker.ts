import { unknownUsage } from '../domain/usage.ts'
import type { WireForm } from '../domain/wire-form.ts'
import type { ChatModel } from '../services/ports.ts'
import type { Rankers } from '../services/rankers.ts'

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

/** The model when there is none: the ranker that ships with the service, behind the same port as a chat model. */
export function createEmbeddedRanker(rankers: Rankers): ChatModel {
  return {
    endpoint: embeddedRankerName,
    model: embeddedRankerName,
    initialForm: () => localForm,
    async complete({ text, tagList, choices, maxTags }) {
      const tags = rankers
        .of(tagList)
        .select(text(), maxTags)
        .map(({ tag }) => choices.labels[choices.tags.indexOf(tag)])
        .filter(label => label !== undefined)
      const reply = { text: JSON.stringify({ tags }), model: embeddedRankerName, finish: 'stop' as const }
      return { ok: true, reply: { ...reply, usage: unknownUsage, tokens: undefined, headers: undefined } }
    },
  }
}
