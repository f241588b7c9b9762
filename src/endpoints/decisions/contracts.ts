import type { OpenAI } from 'openai'
import type { DecisionCreateParams } from 'openai/resources/decisions'
import type { QuestionPart } from '../../core/model/engine.ts'
import type { Questions } from '../../core/model/question.ts'
import type { PostOptions } from '../openai/lean-client.ts'
import { isObject } from '../openai/replies/told-failure.ts'

/** What is asked of a decision model, the same whichever contract carries it. */
export interface Asked {
  readonly model: string
  readonly text: string
  readonly part: QuestionPart
  readonly questions: Questions
}

/** One answer, or that there is none; undefined for what is neither. */
export type Judgement =
  | { readonly type: 'probability'; readonly value: unknown }
  | { readonly type: 'shares'; readonly values: readonly (readonly [string, unknown])[] }
  | { readonly type: 'refusal' }

export interface Contract {
  readonly path: string
  post(
    client: OpenAI,
    asked: Asked,
    options: PostOptions & { path: string },
  ): Promise<{ data: unknown; response: Response }>
  /** Each answer by the name of its question; undefined for a body that holds no answers at all. */
  read(body: unknown, names: readonly string[]): ReadonlyMap<string, Judgement> | undefined
}

export const choiceName = 'best'
export const nameOfQuestion = (index: number): string => `tag_${index + 1}`

/** The shape of OpenAI, with its own SDK: `node_modules/openai/resources/decisions.d.ts`. */
const decisions: Contract = {
  path: '/decisions',
  post(client, { model, text, part: { tags, withChoice }, questions }, { headers, signal }) {
    const asked: DecisionCreateParams['questions'] = tags.map((tag, index) => ({
      type: 'predicate',
      name: nameOfQuestion(index),
      instructions: questions.ofTag(tag),
    }))
    if (withChoice && questions.choice !== undefined) {
      const choices = tags.map(({ name, description }) => ({ value: name, ...(description && { description }) }))
      asked.push({ type: 'choice', name: choiceName, instructions: questions.choice, choices })
    }
    return client.decisions.create({ model, input: text, questions: asked }, { headers, signal }).withResponse()
  },
  read(body, names) {
    const answers = isObject(body) && Array.isArray(body.answers) ? (body.answers as readonly unknown[]) : undefined
    // Answers come in the order of the questions; a server that does not repeat the names has to answer all of them.
    const inOrder = answers?.length === names.length
    return (
      answers &&
      new Map(
        answers.flatMap((answer, index) => {
          if (!isObject(answer)) return []
          const name = typeof answer.name === 'string' ? answer.name : inOrder ? names[index] : undefined
          const judgement = judgementOf(answer)
          return name === undefined || judgement === undefined ? [] : [[name, judgement] as const]
        }),
      )
    )
  },
}

function judgementOf({ type, probability, probabilities }: Readonly<Record<string, unknown>>): Judgement | undefined {
  if (type === 'refusal') return { type }
  if (type === 'predicate') return { type: 'probability', value: probability }
  if (type !== 'choice' || !Array.isArray(probabilities)) return undefined
  const values = probabilities.filter(isObject).map(entry => [String(entry.value), entry.probability] as const)
  return { type: 'shares', values }
}

/** The shape of TypeSafe, which llama.cpp, Ollama, SGLang, Perplexity and gateways serve. */
const systemone: Contract = {
  path: '/systemone',
  post(client, { model, text, part: { tags, withChoice }, questions }, { path, headers, signal }) {
    const asked: Record<string, object> = Object.fromEntries(
      tags.map((tag, index) => [nameOfQuestion(index), { type: 'noul', instructions: questions.ofTag(tag) }]),
    )
    if (withChoice && questions.choice !== undefined) {
      const criteria = Object.fromEntries(tags.map(({ name, description }) => [name, description ?? null]))
      asked[choiceName] = { type: 'choice', instructions: questions.choice, criteria }
    }
    return client.post(path, { body: { model, state: text, questions: asked }, headers, signal }).withResponse()
  },
  read(body) {
    if (!isObject(body) || !isObject(body.answers)) return undefined
    return new Map(
      Object.entries(body.answers).flatMap(([name, answer]): (readonly [string, Judgement])[] => {
        if (!isObject(answer)) return []
        const { type, noul, probabilities } = answer
        if (type === 'refusal') return [[name, { type }]]
        if (type === 'noul' || (type === undefined && noul !== undefined))
          return [[name, { type: 'probability', value: noul }]]
        return isObject(probabilities) ? [[name, { type: 'shares', values: Object.entries(probabilities) }]] : []
      }),
    )
  },
}

export const contracts = { decisions, systemone } as const satisfies Record<string, Contract>
