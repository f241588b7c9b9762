import { createChoices } from '../domain/choices.ts'
import type { Diagnosis } from '../domain/diagnosis.ts'
import { ServiceError } from '../domain/outcome.ts'
import { readReply } from '../domain/reply/read-reply.ts'
import type { Attempt } from '../domain/usage.ts'
import type { WireForm } from '../domain/wire-form.ts'
import { createWireSchema } from '../domain/wire-schema.ts'
import type { Endpoint, EndpointReply, Question } from './endpoint.ts'
import type { Task, Tasks } from './tasks.ts'

/** Finds out what each endpoint accepts, enforces and ignores, by asking it. Four short questions each. */
export interface Doctor {
  examine(options: { signal: AbortSignal }): Promise<Diagnosis[]>
}

export interface DoctorOptions {
  readonly endpoints: readonly Endpoint[]
  readonly tasks: Tasks
  readonly tokenCap: number
  /** The most time one question may take, in milliseconds. */
  readonly questionTimeout: number
}

const canary = '# Packet tracer\n\nTraces packets through the network stack of a machine and shows them in a terminal.'
const telling = 50

export function createDoctor({ endpoints, tasks, tokenCap, questionTimeout }: DoctorOptions): Doctor {
  async function examine(endpoint: Endpoint, signal: AbortSignal): Promise<Diagnosis> {
    const task = tasks.prepare({ text: canary })
    const attempts: Attempt[] = []
    const ask = async (question: Partial<Question>) => {
      const start = performance.now()
      const answer = await endpoint.ask(
        { ...questionOf(task, tokenCap), ...question },
        {
          signal: AbortSignal.any([signal, AbortSignal.timeout(questionTimeout)]),
          deadline: Date.now() + questionTimeout,
          onAttempt: attempt => attempts.push(attempt),
        },
      )
      return { ...answer, elapsed: Math.round(performance.now() - start) }
    }
    try {
      const first = await ask({})
      const second = await ask({})
      const { reply } = await ask({ logprobs: true })
      // Last, as its prompt shares nothing with the others and may take their place in a cache.
      const enforces = await enforcement(task, ask)
      const diagnosis: Diagnosis = {
        endpoint: endpoint.name,
        model: second.reply.model,
        healthy: true,
        problem: null,
        format: { ...second.form.format, omitted: [...second.form.format.omitted] },
        rejected: rejectedIn(attempts),
        parameters: parametersOf(second.form),
        enforces_schema: enforces,
        logprobs: reply.tokens !== undefined,
        first_ms: first.elapsed,
        second_ms: second.elapsed,
        input_tokens: second.reply.usage.input_tokens,
        cached_input_tokens: second.reply.usage.cached_input_tokens,
        advice: [],
      }
      return { ...diagnosis, advice: adviceFor(diagnosis, first, task) }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      return sick(endpoint, error, attempts)
    }
  }

  return {
    examine: ({ signal }) => Promise.all(endpoints.map(endpoint => examine(endpoint, signal))),
  }
}

function questionOf(task: Task, tokenCap: number): Question {
  const { messages, schema, fixedPart, document, tagList, choices, maxTags, prompt } = task
  const { model, temperature } = prompt.settings
  return {
    model,
    messages,
    schema,
    temperature,
    tokenCap,
    cacheKey: fixedPart,
    text: document.text,
    tagList,
    choices,
    maxTags,
    logprobs: false,
  }
}

/** A schema that holds one tag, under a prompt that asks for another: only a grammar makes a model disobey. */
async function enforcement(
  task: Task,
  ask: (question: Partial<Question>) => Promise<EndpointReply>,
): Promise<Diagnosis['enforces_schema']> {
  const [allowed, forbidden] = task.tagList.tags
  if (!allowed || !forbidden) return 'unclear'
  const both = createChoices([allowed, forbidden], task.prompt.settings.reply_with)
  const [, label] = both.labels
  const reply = JSON.stringify({ tags: [label] })
  const choices = createChoices([allowed], task.prompt.settings.reply_with)
  const content = `The tag list holds one tag:\n${label}\t${forbidden.name}\n\nReply with exactly this JSON and nothing else: ${reply}`
  const answer = await ask({
    messages: () => [{ role: 'user', content }],
    choices,
    schema: createWireSchema(choices, 1),
    maxTags: 1,
  })
  const reading = readReply(answer.reply.text, { choices: both, maxTags: 2 })
  if (!answer.form.format.enum || reading.state !== 'tags') return 'no'
  if (reading.tags.includes(forbidden)) return 'no'
  // An empty list is in the schema whoever writes it.
  return reading.tags.includes(allowed) ? 'yes' : 'unclear'
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

function adviceFor({ enforces_schema, input_tokens }: Diagnosis, { reply }: EndpointReply, task: Task): string[] {
  const advice: string[] = []
  if (enforces_schema === 'no') {
    advice.push(
      'It does not enforce the schema: answers stay on the list, but some documents will cost a second call. A server with constrained decoding, or another OPENAI_MODEL, avoids that.',
    )
  }
  const bytes = task.messages().reduce((sum, { content }) => sum + Buffer.byteLength(content), 0)
  // No tokenizer packs more than eight bytes of such a prompt into a token.
  if (input_tokens !== null && input_tokens < bytes / 8) {
    advice.push(
      'It counted far fewer tokens than it was sent: the prompt was cut without a word. Give the server a larger context.',
    )
  }
  if (reply.finish === 'length') advice.push('The reply was cut: raise MAX_OUTPUT_TOKENS.')
  if (reply.text.length < telling && reply.text.trim() === '')
    advice.push('The reply was blank: try another OPENAI_MODEL.')
  return advice
}

function sick(endpoint: Endpoint, error: unknown, attempts: readonly Attempt[]): Diagnosis {
  const timedOut = {
    code: 'deadline',
    message: 'It did not answer in time: raise UPSTREAM_TIMEOUT_MS and REQUEST_TIMEOUT_MS, or use a faster model.',
  }
  return {
    endpoint: endpoint.name,
    model: endpoint.model,
    healthy: false,
    problem: error instanceof ServiceError ? { code: error.code, message: error.message } : timedOut,
    format: null,
    rejected: rejectedIn(attempts),
    parameters: [],
    enforces_schema: 'unclear',
    logprobs: false,
    first_ms: null,
    second_ms: null,
    input_tokens: null,
    cached_input_tokens: null,
    advice: [],
  }
}
