import type { Dialect } from './dialect.ts'
import { errorBody } from './error-bodies.ts'
import { json, type Wire } from './replies.ts'
import { isObject, type JsonObject } from './schema-reading.ts'
import { estimateTokens } from './tokens.ts'

/** A question of either contract, and what it is called. */
interface Question {
  readonly name: string | undefined
  readonly type: unknown
  readonly instructions: string
  readonly options: readonly string[]
}

type Answer =
  | { readonly kind: 'probability'; readonly value: unknown }
  | { readonly kind: 'choice'; readonly shares: readonly (readonly [string, number])[] }
  | { readonly kind: 'refusal' }
  | { readonly kind: 'wrong' }

const usualQuestions = 1_000
const usualChoices = 255

/**
 * What a document may ask for, as in `[[decide:refusal=networking]]`: the answer about a tag is that, for `once` in the
 * first call alone. `unknown` is an answer nobody asked for.
 */
const wishes = /\[\[decide:(refusal|missing|once|above|below|word|wrong|unknown|unnamed)(?:=([^\]]+))?\]\]/gu

/** The answers to one call, as a decision model of this dialect gives them. */
export function createDecider() {
  const seen = new Set<string>()
  return (body: JsonObject, dialect: Dialect): { name: string; wire: Wire } => {
    const { decisions: manners } = dialect
    const reject = (status: number, message: string, code: string | null = null, param: string | null = null) => ({
      name: 'rejected',
      wire: json(
        status,
        errorBody(dialect.error_shape, { status, message, type: 'invalid_request_error', code, param }),
      ),
    })
    if (!manners) return reject(404, 'Invalid URL', 'unknown_url')
    if (manners.rejection) return reject(manners.rejection.status, manners.rejection.message)
    const { contract, decimals, elsewhere } = manners
    const most = {
      questions: manners.most.questions ?? usualQuestions,
      choices: manners.most.choices ?? usualChoices,
    }
    const text = String(contract === 'openai' ? body.input : body.state)
    const questions = questionsIn(body, contract)
    if (questions === undefined || questions.length === 0)
      return reject(400, "Missing required parameter: 'questions'.")
    const fill = (words: string, count: number, limit: number) =>
      words.replace('{limit}', String(limit)).replace('{count}', String(count))
    if (questions.length > most.questions) {
      const words = fill(manners.too_many_questions, questions.length, most.questions)
      return reject(400, words, contract === 'openai' ? 'array_above_max_length' : null, 'questions')
    }
    const long = questions.find(({ options }) => options.length > most.choices)
    if (long) return reject(400, fill(manners.too_many_choices, long.options.length, most.choices))
    const wordsSent = text + questions.map(({ instructions, options }) => instructions + options.join('')).join('')
    const tokens = estimateTokens(wordsSent)
    const { context_tokens = Number.MAX_SAFE_INTEGER } = dialect.usage
    if (tokens > context_tokens) return reject(400, `the request exceeds the context of ${context_tokens} tokens`)
    const asked = [...text.matchAll(wishes)].map(([, wish, tag]) => ({ wish, tag }))
    const isFirst = !seen.has(text)
    seen.add(text)
    const wishFor = (tag: string) => asked.find(wish => wish.tag === tag)?.wish
    const answered = questions.flatMap((question): (readonly [string | undefined, Answer])[] => {
      const answer = answerTo(question, { text: text.replace(wishes, ' '), isFirst, decimals, elsewhere, wishFor })
      return answer ? [[question.name, answer]] : []
    })
    const { input, output } = { input: manners.counted ? tokens : 0, output: 0 }
    const cost = manners.cost_per_token === undefined ? {} : { cost: tokens * manners.cost_per_token }
    const model = String(body.model)
    const hears = (wish: string) => asked.some(other => other.wish === wish)
    if (contract === 'openai') {
      const answers = [...answered, ...(hears('unknown') ? [['tag_9999', probability(1)] as const] : [])]
      const details = { input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 } }
      const usage = { input_tokens: input, ...details, output_tokens: output, total_tokens: input, ...cost }
      const named = (name: string | undefined) => (hears('unnamed') ? null : (name ?? null))
      return {
        name: 'ok',
        wire: json(200, {
          model,
          answers: answers.map(([name, answer]) => ({ name: named(name), ...openAiAnswer(answer) })),
          usage,
        }),
      }
    }
    const answers = Object.fromEntries(answered.map(([name, answer]) => [name, systemOneAnswer(answer)]))
    if (hears('unknown')) answers.tag_9999 = { type: 'noul', noul: 1 }
    return {
      name: 'ok',
      wire: json(200, { model, answers, usage: { input_tokens: input, output_tokens: output, ...cost } }),
    }
  }
}

const probability = (value: unknown): Answer => ({ kind: 'probability', value })

function questionsIn(body: JsonObject, contract: 'openai' | 'systemone'): Question[] | undefined {
  const { questions } = body
  if (contract === 'openai' && Array.isArray(questions)) {
    return questions.filter(isObject).map(({ name, type, instructions, choices }) => ({
      name: typeof name === 'string' ? name : undefined,
      type: type === 'predicate' ? 'yes_no' : type,
      instructions: String(instructions),
      options: Array.isArray(choices) ? choices.filter(isObject).map(({ value }) => String(value)) : [],
    }))
  }
  if (contract !== 'systemone' || !isObject(questions)) return undefined
  return Object.entries(questions).flatMap(([name, question]) =>
    isObject(question)
      ? [
          {
            name,
            type: question.type === 'noul' ? 'yes_no' : question.type,
            instructions: String(question.instructions),
            options: isObject(question.criteria) ? Object.keys(question.criteria) : [],
          },
        ]
      : [],
  )
}

interface AnswerOptions {
  readonly text: string
  readonly isFirst: boolean
  readonly decimals: number | undefined
  readonly elsewhere: number
  readonly wishFor: (tag: string) => string | undefined
}

/** The tag that the shipped prompts ask about. */
const subject = /about ([^:.(]+?)(?=[:.]|\s*$)/u

function answerTo(
  question: Question,
  { text, isFirst, decimals, elsewhere, wishFor }: AnswerOptions,
): Answer | undefined {
  if (question.type === 'choice') {
    const counts = question.options.map(option => countOf(option, text))
    const all = counts.reduce((sum, count) => sum + count, 0)
    return {
      kind: 'choice',
      shares: question.options.map((option, index) => [option, all === 0 ? 1 / counts.length : counts[index]! / all]),
    }
  }
  const tag = subject.exec(question.instructions)?.[1] ?? question.instructions
  const wish = wishFor(tag)
  if (wish === 'refusal') return { kind: 'refusal' }
  if (wish === 'missing' || (wish === 'once' && isFirst)) return undefined
  if (wish === 'above') return probability(1.2)
  if (wish === 'below') return probability(-0.1)
  if (wish === 'word') return probability('likely')
  if (wish === 'wrong') return { kind: 'wrong' }
  const count = Math.min(9, countOf(tag, text))
  const value = count > 0 ? 0.9 + count / 1_000 : elsewhere
  return probability(decimals === undefined ? value : Number(value.toFixed(decimals)))
}

/** How often the text says the word, as a word. */
const countOf = (word: string, text: string): number =>
  text.toLowerCase().match(new RegExp(`(?<![\\p{L}\\p{N}])${escaped(word.toLowerCase())}(?![\\p{L}\\p{N}])`, 'gu'))
    ?.length ?? 0

const escaped = (word: string) => word.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')

function openAiAnswer(answer: Answer): object {
  if (answer.kind === 'refusal') return { type: 'refusal' }
  if (answer.kind === 'probability') return { type: 'predicate', probability: answer.value }
  if (answer.kind === 'wrong') return { type: 'score', score: 1, confidence: 1, probabilities: [] }
  const [best] = answer.shares.toSorted(([, one], [, other]) => other - one)
  const probabilities = answer.shares.map(([value, share]) => ({ value, probability: share }))
  return { type: 'choice', choice: best![0], confidence: best![1], probabilities }
}

function systemOneAnswer(answer: Answer): object {
  if (answer.kind === 'refusal') return { type: 'refusal' }
  if (answer.kind === 'probability') return { type: 'noul', noul: answer.value }
  if (answer.kind === 'wrong') return { type: 'score', score: 1, confidence: 1, probabilities: [] }
  const [best] = answer.shares.toSorted(([, one], [, other]) => other - one)
  return { type: 'choice', choice: best![0], confidence: best![1], probabilities: Object.fromEntries(answer.shares) }
}
