import { ServiceError } from '../outcome.ts'
import type { EncodedText } from '../ranking.ts'
import type { TagList } from '../tags/tag-list.ts'
import type { Attempt } from '../usage.ts'
import type { Engine, EngineCall, EngineReply, UpstreamFailure } from './engine.ts'
import type { WireSchema } from './reply-schema.ts'
import type { FormStep, WireForm } from './wire-form.ts'

/** Whose call it is and of which text: an endpoint that fails for one of them may serve all others. */
export interface CallSource {
  readonly caller: string
  /** The digest of the text. */
  readonly text: string
}

/** Work that nobody waits for is apart from requests, so that the texts of a batch do not hold up those of its key. */
export const callerOf = ({
  account,
  background,
}: {
  readonly account: string
  readonly background: boolean
}): string => (background ? `${account} in background` : account)

/** `open`: a caller is refused. `half_open`: one call of the caller may try. */
export type CircuitState = 'closed' | 'open' | 'half_open'

/** What came back for a first question: a sound reply, one that breaks the schema it was sent, or nothing at all. */
export type Observation = 'sound' | 'unsound' | 'blank'

export type Question = Omit<EngineCall, 'form' | 'model' | 'part'> & { readonly model: string | undefined }

export interface AskOptions {
  readonly source: CallSource
  readonly signal: AbortSignal
  /** When the request's own time ends, by `performance.now()`: a clock that is set moves no deadline. */
  readonly deadline: number
  /** Told of every call, also of those that fail. */
  readonly onAttempt: (attempt: Attempt) => void
  /** Told what a call failed of, in the words of the endpoint: they are for whoever runs the service, and no other. */
  readonly onFailure?: (failure: UpstreamFailure) => void
  /** Nobody waits for the answer, as in a batch: those who do go first. */
  readonly background?: boolean
  /** The form in which the same text had a blank reply; where others had too, another one is tried. */
  readonly blankWith?: WireForm | undefined
}

export interface FoundForm {
  readonly form: WireForm
  /** Whether the endpoint is known to hold itself to the schema it is sent. */
  readonly enforced: boolean
}

export interface EndpointReply extends FoundForm {
  readonly reply: EngineReply
  /** To be told what the reply was worth, so that silent neglect of the schema is found. */
  observe(observation: Observation): void
}

/** A model that is asked until it answers, or until asking on is pointless. */
export interface Endpoint extends Pick<Engine, 'reads'> {
  readonly name: string
  readonly model: string
  /** @throws ServiceError refused, blocked, upstream_auth, upstream_config, upstream_unavailable or deadline */
  ask(question: Question, options: AskOptions): Promise<EndpointReply>
  /** Whether it does nothing but fail and is left alone by this caller; without a model, its own is meant. */
  circuit(model: string | undefined, source: Pick<CallSource, 'caller'> & Partial<CallSource>): CircuitState
  /** The models that are left alone, and for how many callers each. */
  leftAlone(): { readonly model: string; readonly callers: number }[]
  /** How a model was found to want to be asked with this schema, or with any; undefined before it was. */
  foundForm(model: string, schema: WireSchema | undefined): FoundForm | undefined
  /** How the form of a model was changed lately, and why. */
  formSteps(model: string): readonly FormStep[]
}

/** @throws ServiceError when the reply is that there will be none */
export function checkFinish(reply: EngineReply): void {
  if (reply.finish === 'refusal') throw new ServiceError('refused', 'The model refused to answer for this text.')
  if (reply.finish === 'content_filter') {
    throw new ServiceError('blocked', 'The content filter of the model endpoint stopped the reply.')
  }
}

export interface EncodeOptions {
  readonly source: CallSource
  readonly signal: AbortSignal
  /** Told of the calls, also of those that end when nobody waits for them any more: they are paid. */
  readonly onAttempt: (attempt: Attempt) => void
}

/** A sentence encoder beside the ranker. Whatever becomes of it, a request goes on. */
export interface Encoder {
  /** Undefined where it does not tell in time, or fails; throws the reason of `signal` alone. */
  encode(list: TagList, text: string, options: EncodeOptions): Promise<EncodedText | undefined>
}
