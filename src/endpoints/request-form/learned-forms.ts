import { LRUCache } from 'lru-cache'
import type { WireSchema } from '../../prompts/index.ts'
import type { Trial, TrialOptions, TrialQuestion } from '../trial.ts'
import { createEntrance, type Entrance } from './entrance.ts'
import { createFormMemory } from './form-memory.ts'
import type { FormStep } from './form-step.ts'
import { createTrial } from './form-trial.ts'
import type { WireForm } from './request-form.ts'

/** What is known of how one model of an endpoint wants to be asked. Shared by all requests, forgotten after a while. */
export interface LearnedForm extends Entrance {
  /** That of the model, or of one tag list, which may need another format. */
  form(schema?: WireSchema): WireForm
  /** Whether it has worked once. */
  isSettled(schema?: WireSchema): boolean
  /** False once replies showed that the schema is not enforced. */
  enforced(schema?: WireSchema): boolean
  /** A request begins, in the form that is known. */
  begin(question: TrialQuestion, options?: Pick<TrialOptions, 'blankWith'>): Trial
  /** Replies need room to think. */
  allowThinking(): void
  /** The last changes, those that did not help among them. */
  steps(): readonly FormStep[]
}

export interface LearnedFormsOptions {
  readonly initial: (model: string) => WireForm
  /** How long it is remembered what was learned, in milliseconds. */
  readonly lifetime: number
  /** Told of every step. */
  readonly onStep?: (step: FormStep, model: string) => void
}

const modelsKept = 1_000
const stepsKept = 20

/** The last steps, each of which `onStep` is told of. */
export function keptSteps(onStep: (step: FormStep) => void) {
  const steps: FormStep[] = []
  return {
    steps: (): readonly FormStep[] => steps,
    note(step: FormStep): void {
      onStep(step)
      steps.push(step)
      if (steps.length > stepsKept) steps.shift()
    },
  }
}

export function createLearnedForms({ initial, lifetime, onStep }: LearnedFormsOptions) {
  const forms = new LRUCache<string, LearnedForm>({ max: modelsKept, ttl: lifetime, ttlResolution: 100 })
  return {
    of(model: string): LearnedForm {
      const known = forms.get(model)
      if (known !== undefined) return known
      const learned = createLearnedForm(initial(model), step => onStep?.(step, model))
      forms.set(model, learned)
      return learned
    },
  }
}

function createLearnedForm(initial: WireForm, onStep: (step: FormStep) => void): LearnedForm {
  const memory = createFormMemory(initial)
  const { steps, note } = keptSteps(onStep)
  return {
    ...createEntrance(),
    form: memory.formFor,
    isSettled: memory.isSettled,
    enforced: memory.enforced,
    allowThinking: memory.allowThinking,
    steps,
    begin: (question, { blankWith } = {}) => createTrial(question, memory, { blankWith, note }),
  }
}
