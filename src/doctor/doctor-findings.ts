import type { Endpoint } from '../core/model/endpoint.ts'
import { type EngineReply, isScores } from '../core/model/engine.ts'
import { readReply, readScores } from '../core/model/read-reply.ts'
import type { WireForm } from '../core/model/wire-form.ts'
import { type ErrorCode, ServiceError } from '../core/outcome.ts'
import type { ListedTag } from '../core/tags/tag-list.ts'
import type { Attempt } from '../core/usage.ts'
import { adviceFor } from './advice.ts'
import type { Diagnosis } from './diagnosis.ts'
import { type Answered, sentBytes } from './doctor-questions.ts'
import { type InForce, neededSettings } from './needed-settings.ts'
import { bytesPerToken, type CanaryTexts, type PromptSight, promptSight } from './prompt-seen.ts'
import { type CanaryAnswer, tellsApart } from './tells-apart.ts'

/** What came of the doctor's questions. */
export interface DoctorAnswers {
  readonly texts: CanaryTexts
  readonly first: Answered
  /** The same question again, and with more tokens where its reply was cut. */
  readonly second: Answered
  readonly roomy: Answered | undefined
  /** About another text, and that text longer and longest. */
  readonly other: Answered
  readonly longer: Answered
  readonly longest: Answered | undefined
  /** Why the longest was turned down. */
  readonly turnedDown: string | null
  readonly enforces: Diagnosis['enforces_schema']
}

interface Circumstances {
  readonly attempts: readonly Attempt[]
  readonly steps: Diagnosis['steps']
  readonly inForce: InForce
}

/** Tokens for each byte, where the endpoint does not tell. */
const usualDensity = 1 / 3

export function diagnosisOf(
  endpoint: string,
  answers: DoctorAnswers,
  { attempts, steps, inForce }: Circumstances,
): Diagnosis {
  const { texts, first, second, other, longer, longest, turnedDown, enforces } = answers
  const { usage, model, finish } = second.reply
  const sight = promptSight({
    same: [first.reply.usage.input_tokens, usage.input_tokens],
    short: counted(other),
    longer: counted(longer),
    longest: longest ? counted(longest) : null,
  })
  const text = [other, longer, longest].reduce(
    (sum, answer) => sum + Math.max(0, (answer?.elapsed ?? 0) - second.elapsed),
    0,
  )
  const problem = problemIn(sight, Math.max(first.elapsed, second.elapsed + text), inForce)
  const diagnosis = {
    ...{ endpoint, model, problem, healthy: problem === null, said: null },
    format: { ...second.form.format, omitted: [...second.form.format.omitted] },
    rejected: rejectedIn(attempts),
    steps,
    parameters: isScores(second.reply) ? [] : parametersOf(second.form),
    enforces_schema: enforces,
    tells_apart: tellsApart(canaryAnswer(second, texts.first.about), canaryAnswer(other, texts.second.about)),
    prompt_seen: sight.seen,
    logprobs: isScores(longer.reply) || longer.reply.tokens !== undefined,
    first_ms: first.elapsed,
    second_ms: second.elapsed,
    long_ms: longest ? second.elapsed + text : null,
    input_tokens: usage.input_tokens,
    cached_input_tokens: usage.cached_input_tokens,
    shutdown_date: null,
    settings: settingsFor(answers, { sight, text, inForce }),
  }
  const contextTokens = contextNeeded(answers, sight, inForce)
  return {
    ...diagnosis,
    advice: adviceFor({
      diagnosis,
      reply: { blank: isBlank(second.reply), finish },
      fitting: fittingShare(second),
      contextTokens,
      turnedDown,
    }),
  }
}

/** Short lists say little: of four tags, two may well fit. */
const shortestList = 10

function fittingShare({ task, reply }: Answered): number | null {
  if (!isScores(reply) || reply.scores.length < shortestList) return null
  const { threshold = 0 } = task.prompt.questions ?? {}
  return reply.scores.filter(({ probability }) => (probability ?? 0) >= threshold).length / reply.scores.length
}

const isBlank = (reply: EngineReply) => !isScores(reply) && reply.text.trim() === ''

const counted = (answer: Answered) => ({ bytes: sentBytes(answer), tokens: answer.reply.usage.input_tokens })

function canaryAnswer({ task, reply }: Answered, about: ListedTag): CanaryAnswer {
  const { choices, prompt, maxTags } = task
  if (isScores(reply)) {
    const { tags } = readScores(reply.scores, { threshold: prompt.questions?.threshold ?? 0, maxTags })
    return { about, tags: tags.map(({ tag }) => tag), choices }
  }
  const reading = readReply(reply.text, { ...task, cut: reply.finish === 'length' })
  return { about, tags: reading.state === 'tags' ? reading.tags : [], choices }
}

/** What keeps requests from being answered, or their answers from being worth anything. */
function problemIn({ seen }: PromptSight, slowest: number, { callTime }: InForce): Diagnosis['problem'] {
  const problem = (code: ErrorCode, message: string) => ({ code, message })
  if (seen === 'cut')
    return problem(
      'upstream_config',
      'It cut the prompt without a word: the tokens it counts do not grow with the text.',
    )
  return slowest > callTime
    ? problem(
        'upstream_unavailable',
        `A call took ${slowest} ms, and no more than ${callTime} are allowed: see settings.`,
      )
    : null
}

/** The context that the longest prompt and its reply take, in tokens, rounded up. */
function contextNeeded({ other, longest, longer }: DoctorAnswers, { density, seen }: PromptSight, inForce: InForce) {
  const short = counted(other)
  const known = seen === 'cut' ? null : short.tokens
  const rest = Math.max(inForce.textBudget * bytesPerToken, counted(longest ?? longer).bytes - short.bytes)
  const tokens = (known ?? short.bytes * usualDensity) + rest * (density ?? usualDensity) + inForce.tokenCap
  return Math.ceil(tokens / 1024) * 1024
}

interface SettingsGrounds {
  readonly sight: PromptSight
  /** What the longest text takes on top of a short one, in milliseconds. */
  readonly text: number
  readonly inForce: InForce
}

function settingsFor({ first, second, roomy, other, longer, longest }: DoctorAnswers, grounds: SettingsGrounds) {
  const { sight, text, inForce } = grounds
  const isCutLate = sight.seen === 'cut_with_long_texts' && longest !== undefined
  const room = isCutLate ? counted(longest).tokens! - counted(other).tokens! - inForce.tokenCap : 0
  const fitting = isCutLate ? room / sight.density! : longest ? null : longer.task.document.coverage.sent_bytes
  const needed = neededSettings(
    {
      ...{ first: first.elapsed, second: second.elapsed, text },
      outputTokens: roomy && roomy.reply.finish !== 'length' ? roomy.reply.usage.output_tokens : null,
      fittingBudget: fitting === null ? null : Math.max(0, Math.floor(fitting / bytesPerToken)),
    },
    inForce,
  )
  const line = Object.entries(needed).map(([name, value]) => `${name}=${value}`)
  return line.length > 0 ? line.join(' ') : null
}

const rejectedIn = (attempts: readonly Attempt[]) =>
  attempts.filter(({ result }) => result.startsWith('rejected_')).map(({ result }) => result.slice('rejected_'.length))

function parametersOf({ tokenParameter, omitted, reasoningEffort, stream, systemInUser }: WireForm): string[] {
  return [
    ...(tokenParameter === null ? [] : [tokenParameter]),
    ...(omitted.includes('temperature') ? [] : ['temperature']),
    ...(omitted.includes('prompt_cache_key') ? [] : ['prompt_cache_key']),
    ...(reasoningEffort === null || omitted.includes('reasoning_effort')
      ? []
      : [`reasoning_effort ${reasoningEffort}`]),
    ...(stream ? ['stream'] : []),
    ...(systemInUser ? ['system message inside the user message'] : []),
  ]
}

/** All that may stay unknown of an endpoint. */
const unknown = (): Omit<Diagnosis, 'endpoint' | 'model' | 'healthy' | 'problem'> => ({
  ...{ said: null, format: null, rejected: [], steps: [], parameters: [], logprobs: false, advice: [], settings: null },
  ...({ enforces_schema: 'unclear', tells_apart: 'unclear', prompt_seen: 'unclear' } as const),
  ...{ first_ms: null, second_ms: null, long_ms: null, input_tokens: null, cached_input_tokens: null },
  shutdown_date: null,
})

type Named = Pick<Endpoint, 'name' | 'model'>

export function sickDiagnosis(
  { name, model }: Named,
  error: unknown,
  { attempts, steps, said }: Pick<Circumstances, 'attempts' | 'steps'> & { readonly said: string | null },
): Diagnosis {
  const { code, message } = error instanceof ServiceError ? error : tooLate
  const problem = { code, message }
  return { ...unknown(), endpoint: name, model, healthy: false, problem, said, rejected: rejectedIn(attempts), steps }
}

const tooLate = {
  code: 'deadline' as const,
  message: 'It did not answer in time: raise UPSTREAM_TIMEOUT_MS and REQUEST_TIMEOUT_MS, or use a faster model.',
}

/** The ranker has no model behind it, which is worth a word only where a model may have been meant. */
export function rankerDiagnosis({ name, model }: Named, { alone }: { alone: boolean }): Diagnosis {
  const advice = alone
    ? ['No model is configured: to ask one, set OPENAI_MODEL, and OPENAI_API_KEY or OPENAI_BASE_URL.']
    : []
  const format = { type: 'local' as const, strict: false, enum: true, omitted: [] }
  return { ...unknown(), endpoint: name, model, healthy: true, problem: null, format, advice }
}
