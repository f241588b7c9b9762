import { LRUCache } from 'lru-cache'
import type { Observation } from '../../core/model/endpoint.ts'
import type { EngineCall, EngineReply, QuestionPart, UpstreamFailure } from '../../core/model/engine.ts'
import type { WireSchema } from '../../core/model/reply-schema.ts'
import type { FormStep, WireForm } from '../../core/model/wire-form.ts'
import { createLearningGate, type LearningGate } from './learning-gate.ts'

/** What of a question decides in which form it can be put. */
export type TrialQuestion = Pick<EngineCall, 'messages' | 'text' | 'schema' | 'logprobs' | 'choices' | 'questions'>

/** What follows from an answer of the endpoint: one more call in the form of the trial, or the reply it holds. */
export type Next = 'again' | 'answered'

/** One request on its way to a form that is taken. What it changes holds for itself until it has helped. */
export interface Trial {
  form(): WireForm
  /** What of the question the next call is about, where it is asked in parts. */
  part?(): QuestionPart
  /** The reply that is the answer, and the form it came in. */
  answer(): { readonly reply: EngineReply; readonly form: WireForm }
  accepted(reply: EngineReply): Next
  /**
   * @param patient whether the same call may be made again: then only what is plainly about the form changes it
   * @returns undefined when the form is not to blame, or nothing is left to change
   */
  turnedDown(
    failure: UpstreamFailure,
    options: { patient: boolean },
  ): { readonly next: Next; readonly about: string | undefined } | undefined
  /** Nothing more will be asked. True when there is a reply all the same. */
  end(): boolean
  /** The failure to tell of: what came of guesses says less than what made it guess. */
  told(failure: UpstreamFailure): UpstreamFailure
  observe(observation: Observation): void
}

export interface BeginOptions {
  /** The form in which the same text had a blank reply. */
  readonly blankWith?: WireForm | undefined
}

/** What is known of how one model of an endpoint wants to be asked. Shared by all requests, forgotten after a while. */
export interface LearnedForm extends LearningGate {
  /** That of the model, or of one tag list, which may need another format. */
  form(schema?: WireSchema): WireForm
  /** Whether it has worked once. */
  isSettled(schema?: WireSchema): boolean
  /** False once replies showed that the schema is not enforced. */
  enforced(schema?: WireSchema): boolean
  /** A request begins, in the form that is known. */
  begin(question: TrialQuestion, options?: BeginOptions): Trial
  /** Replies need room to think. */
  allowThinking(): void
  /** The last changes, those that did not help among them. */
  steps(): readonly FormStep[]
}

/** Begins to learn about a model: from what is thought of it, and telling every step. */
export type Learn = (
  initial: WireForm,
  note: (step: FormStep) => void,
) => Omit<LearnedForm, keyof LearningGate | 'steps'>

export interface LearnedFormsOptions {
  readonly initial: (model: string) => WireForm
  readonly learn: Learn
  /** How long it is remembered what was learned, in milliseconds. */
  readonly lifetime: number
  /** Told of every step. */
  readonly onStep?: (step: FormStep, model: string) => void
}

const modelsKept = 1_000
const stepsKept = 20

export function createLearnedForms({ initial, learn, lifetime, onStep }: LearnedFormsOptions) {
  function begin(model: string): LearnedForm {
    const steps: FormStep[] = []
    const note = (step: FormStep) => {
      onStep?.(step, model)
      steps.push(step)
      if (steps.length > stepsKept) steps.shift()
    }
    return { ...createLearningGate(), ...learn(initial(model), note), steps: () => steps }
  }
  const kept = { max: modelsKept, ttl: lifetime, ttlResolution: 100 }
  const forms = new LRUCache<string, LearnedForm>({ ...kept, memoMethod: begin })
  return { of: (model: string): LearnedForm => forms.memo(model) }
}
