import type { Engine, EngineCall, EngineResult, ScoreReply } from '../../core/model/engine.ts'
import type { ScoredTag } from '../../core/model/question.ts'
import { fixedForm } from '../../core/model/wire-form.ts'
import { cleanName } from '../../core/names.ts'
import type { ListedTag } from '../../core/tags/tag-list.ts'
import { unknownUsage } from '../../core/usage.ts'
import { createBoundedFetch } from '../openai/bounded-fetch.ts'
import { type Access, clientOptions, WholeErrorClient } from '../openai/lean-client.ts'
import { decisionPathOf } from '../openai/provider-profiles.ts'
import { readCost, readUsage } from '../openai/replies/read-usage.ts'
import { malformed, toldFailure } from '../openai/replies/told-failure.ts'
import { failureOf } from '../openai/sdk-errors.ts'
import { type Contract, choiceName, contracts, type Judgement, nameOfQuestion } from './contracts.ts'

export interface DecisionModelOptions extends Access {
  readonly api: keyof typeof contracts
  readonly model: string
}

const replyLimit = 16_777_216

/** A model that says of each tag how probable it is that it fits. Makes one call; repeating it is not its business. */
export function createDecisionModel({ api, model, ...access }: DecisionModelOptions): Engine<ScoreReply> {
  const { baseUrl, timeout } = access
  const contract = contracts[api]
  const path = decisionPathOf(baseUrl, api) ?? contract.path
  const boundedFetch = createBoundedFetch({ replyLimit, milliseconds: timeout })
  const client = new WholeErrorClient({ ...clientOptions(access), fetch: boundedFetch })
  return {
    endpoint: new URL(baseUrl).host,
    model,
    reads: 'questions',
    initialForm: () => fixedForm(api),
    async complete(call, { signal, traceparent }) {
      const { questions, part = { tags: call.choices.tags, withChoice: false } } = call
      if (!questions) throw new RangeError('A prompt without questions was put to a decision model.')
      const headers: Record<string, string> = traceparent === undefined ? {} : { traceparent }
      const asked = { model: call.model, text: call.text(), part, questions }
      try {
        const { data, response } = await contract.post(client, asked, { path, headers, signal })
        return readAnswers(data, { contract, call, part, headers: response.headers })
      } catch (error) {
        if (signal.aborted) throw signal.reason
        return { ok: false, failure: failureOf(error) }
      }
    },
  }
}

interface ReadOptions {
  readonly contract: Contract
  readonly call: EngineCall
  readonly part: NonNullable<EngineCall['part']>
  readonly headers: Headers
}

/** Reads what an endpoint sent with status 200: answers, an error in disguise, or something else. */
function readAnswers(body: unknown, { contract, call, part, headers }: ReadOptions): EngineResult<ScoreReply> {
  const { tags, withChoice } = part
  const names = [...tags.map((_, index) => nameOfQuestion(index)), ...(withChoice ? [choiceName] : [])]
  const answers = contract.read(body, names)
  if (!answers) return { ok: false, failure: toldFailure(body, headers) ?? malformed(body, headers) }
  const scores: ScoredTag[] = []
  const refused: ListedTag[] = []
  const missing: ListedTag[] = []
  for (const [index, tag] of tags.entries()) {
    const answer = answers.get(nameOfQuestion(index))
    if (answer?.type === 'refusal') refused.push(tag)
    else if (answer?.type === 'probability' && isProbability(answer.value))
      scores.push({ tag, probability: answer.value })
    else missing.push(tag)
  }
  const { model, usage: wireUsage } = body as { model?: unknown; usage?: unknown }
  const told = readUsage(wireUsage)
  // Some servers count nothing and say 0, which no call of a text and questions takes.
  const usage = told.input_tokens ? told : unknownUsage
  return {
    ok: true,
    reply: {
      ...{ scores, refused, missing, model: cleanName(model) ?? call.model, headers },
      shares: withChoice ? sharesIn(answers.get(choiceName), tags) : undefined,
      finish: refused.length === tags.length ? 'refusal' : 'stop',
      // Nothing is written, so that what is not told is none.
      usage: usage.input_tokens === null ? usage : { ...usage, output_tokens: usage.output_tokens ?? 0 },
      cost: readCost(wireUsage),
    },
  }
}

const isProbability = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1

function sharesIn(answer: Judgement | undefined, tags: readonly ListedTag[]): ReadonlyMap<ListedTag, number> {
  const told = new Map(answer?.type === 'shares' ? answer.values : [])
  return new Map(
    tags.flatMap(tag => {
      const share = told.get(tag.name)
      return isProbability(share) ? [[tag, share] as const] : []
    }),
  )
}
