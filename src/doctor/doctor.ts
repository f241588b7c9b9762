import type { Endpoint } from '../core/model/endpoint.ts'
import { isScores, type UpstreamFailure } from '../core/model/engine.ts'
import { type Shutdown, type ShutdownDates, shutdownInWords, warnedDays } from '../core/model/shutdown.ts'
import type { Task, Tasks } from '../core/model/task.ts'
import { ServiceError } from '../core/outcome.ts'
import type { Attempt } from '../core/usage.ts'
import type { Diagnosis } from './diagnosis.ts'
import { diagnosisOf, rankerDiagnosis, sickDiagnosis } from './doctor-findings.ts'
import { type Answered, type Ask, enforcement, questionOf } from './doctor-questions.ts'
import type { InForce } from './needed-settings.ts'
import { canaryTexts } from './prompt-seen.ts'

/** Finds out what each endpoint accepts, enforces, sees and ignores, by asking it: six questions each. */
export interface Doctor {
  examine(options: { signal: AbortSignal }): Promise<Diagnosis[]>
}

export interface Patient {
  readonly endpoint: Endpoint
  /** What it is asked for: its own model, and those that prompts name in its place. */
  readonly models: readonly string[]
  /** Undefined for the embedded ranker, of which there is nothing to find out. */
  readonly upstream: Pick<InForce, 'local' | 'callTime'> | undefined
}

export interface DoctorOptions {
  readonly patients: readonly Patient[]
  readonly tasks: Tasks
  /** What an endpoint said of a failure, without the secrets of the service; null when it said nothing. */
  readonly wordsOf: (failure: UpstreamFailure) => string | null
  readonly inForce: Omit<InForce, 'local' | 'callTime'>
  /** The most time one question may take, in milliseconds. */
  readonly questionTimeout: number
  readonly shutdownDates: Pick<ShutdownDates, 'look'>
}

/** Times the token cap: room for all that a reply that was cut may want to say. */
const generous = 16

export function createDoctor({
  patients,
  tasks,
  wordsOf,
  inForce,
  questionTimeout,
  shutdownDates,
}: DoctorOptions): Doctor {
  const { textBudget, tokenCap } = inForce

  async function examine({ endpoint, upstream }: Patient, signal: AbortSignal): Promise<Diagnosis> {
    if (!upstream) return rankerDiagnosis(endpoint, { alone: patients.length === 1 })
    const attempts: Attempt[] = []
    let failure: UpstreamFailure | undefined
    const ask: Ask = async (task, changes) => {
      const start = performance.now()
      const answer = await endpoint.ask(
        { ...questionOf(task, tokenCap), ...changes },
        {
          source: { caller: 'doctor', text: task.document.digest },
          signal: AbortSignal.any([signal, AbortSignal.timeout(questionTimeout)]),
          deadline: performance.now() + questionTimeout,
          onAttempt: attempt => attempts.push(attempt),
          onFailure: failed => {
            failure = failed
          },
        },
      )
      return { ...answer, task, elapsed: Math.round(performance.now() - start) }
    }
    const steps = () => [...endpoint.formSteps(attempts.at(-1)?.requested_model ?? endpoint.model)]
    const said = () => (failure ? wordsOf(failure) : null)
    try {
      const answers = await askAll(ask, said)
      return diagnosisOf(endpoint.name, answers, { attempts, steps: steps(), inForce: { ...inForce, ...upstream } })
    } catch (error) {
      if (signal.aborted) throw signal.reason
      return sickDiagnosis(endpoint, error, { attempts, steps: steps(), said: said() })
    }
  }

  async function askAll(ask: Ask, said: () => string | null) {
    const { tagList } = tasks.prepare({ text: 'Which list is it?' })
    const texts = canaryTexts(tagList, textBudget)
    const first = await ask(tasks.prepare({ text: texts.first.text }))
    const second = await ask(first.task)
    const roomy =
      second.reply.finish === 'length' ? await ask(first.task, { tokenCap: tokenCap * generous }) : undefined
    // Each of these three begins as the one before, so that no server with a cache reads the list again.
    const other = await ask(tasks.prepare({ text: texts.second.text }))
    const longer = await ask(withText(other.task, texts.longer), { logprobs: true })
    let turnedDown: string | null = null
    const longest: Answered | undefined = await ask(withText(other.task, texts.longest)).catch(error => {
      if (!(error instanceof ServiceError)) throw error
      turnedDown = [error.message, said()].filter(words => words !== null).join(' It says: ')
      return undefined
    })
    // Last, as its prompt shares nothing with the others and may take their place in a cache.
    // Nothing can be answered to a question about a tag but how probable it is.
    // What is true of a list of one tag is not of a list that is too long to be sent.
    const enforces = isScores(second.reply)
      ? 'yes'
      : second.form.format.enum
        ? await enforcement(first.task, ask)
        : 'no'
    return { texts, first, second, roomy, other, longer, longest, turnedDown, enforces }
  }

  /** The same question about another text; of a long list, the same candidates are shown. */
  function withText(task: Task, text: string): Task {
    const { document } = tasks.read({ text })
    const shown = task.prompt.forChoices(task.choices, task.maxTags)
    return {
      ...task,
      document,
      messages: () => shown.render({ id: task.id, text: document.text(), suggestedTags: () => [] }),
    }
  }

  return {
    async examine({ signal }) {
      const [shutdowns, ...diagnoses] = await Promise.all([
        shutdownDates.look(signal),
        ...patients.map(patient => examine(patient, signal)),
      ])
      return diagnoses.map((diagnosis, index) => {
        const { endpoint, models } = patients[index]!
        return withShutdowns(
          diagnosis,
          shutdowns.filter(found => found.endpoint === endpoint.name && models.includes(found.model)),
        )
      })
    },
  }
}

/** Also of a model that does not answer any more: then that is why. */
function withShutdowns(diagnosis: Diagnosis, shutdowns: readonly Shutdown[]): Diagnosis {
  const [first] = shutdowns.toSorted((one, other) => one.daysLeft - other.daysLeft)
  const near = shutdowns.filter(({ daysLeft }) => daysLeft <= warnedDays)
  return {
    ...diagnosis,
    shutdown_date: first?.date ?? null,
    advice: [...diagnosis.advice, ...near.map(shutdownInWords)],
  }
}
