import type { EngineCall, EngineReply, QuestionPart } from './engine.ts'
import type { Observation } from './request-form/form-memory.ts'
import type { FormStep } from './request-form/form-step.ts'
import type { WireForm } from './request-form/request-form.ts'
import type { Use } from './request-form/step-down.ts'
import type { UpstreamFailure } from './upstream-failure.ts'

/** What of a question decides in which form it can be put. */
export type TrialQuestion = Pick<EngineCall, 'messages' | 'text' | 'schema' | 'logprobs' | 'choices' | 'questions'>

export interface TrialOptions {
  /** The form in which the same text had a blank reply. */
  readonly blankWith?: WireForm | undefined
  readonly note: (step: FormStep) => void
}

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

/** All that is sent as messages. */
export const promptOf = ({ messages }: TrialQuestion): string =>
  messages()
    .map(({ content }) => content)
    .join('\n')

export function useOf({ messages, logprobs }: TrialQuestion): Use {
  const [first, second] = messages()
  return { logprobs, system: first?.role === 'system' && second !== undefined }
}
