import type { CandidateReport, ClassifyRequest, Coverage, DocumentId } from '../classification.ts'
import type { EncodedText, LearnedExamples } from '../ranking.ts'
import type { Choices } from '../tags/choices.ts'
import type { TagList } from '../tags/tag-list.ts'
import type { Prompt, ShownExample } from './prompt.ts'
import type { Message } from './question.ts'
import type { WireSchema } from './reply-schema.ts'

/** A document as a model is shown it. */
export interface ReadDocument {
  /** Of its text. */
  readonly digest: string
  /** Of the text as it came, whatever is cut of it under these settings. */
  readonly originalDigest: string
  readonly coverage: Coverage
  /** Made when it is asked for: while a model thinks, no string of it is held. */
  readonly text: () => string
}

/** Confirmed texts that a model is shown. */
export interface ShownExamples {
  /** Of all that is shown: others, another answer. */
  readonly version: string
  readonly shown: readonly ShownExample[]
}

/** A request taken apart: all that its answer depends on. */
export interface ReadRequest {
  readonly id: DocumentId | null
  readonly prompt: Prompt
  readonly tagList: TagList
  readonly maxTags: number
  readonly document: ReadDocument
  /** Tags of which the model is less sure are dropped. */
  readonly minConfidence: number
  readonly wantConfidence: boolean
  /** Answers say whether a tag is less sure than this; undefined where nobody wants to know. */
  readonly reviewBelow: number | undefined
  /** Whether the embedded ranker answers where it is sure enough. */
  readonly isCheap: boolean
  /** Texts that the key confirmed; undefined where the prompt does not learn, or from too few. */
  readonly learned?: LearnedExamples | undefined
  /** What of such texts a model is shown. */
  readonly examples?: ShownExamples | undefined
  /** What a sentence encoder says of the text; `failed` where one was asked in vain. */
  readonly encoded?: EncodedText | 'failed' | undefined
}

/** And all that has to be known to ask a model. */
export interface Task extends ReadRequest {
  readonly choices: Choices
  readonly candidates: CandidateReport
  /** Where the words of the text say nothing about the list: the task once a model has said what the text is about. */
  readonly withTopics: ((topics: readonly string[]) => Task) | undefined
  readonly schema: WireSchema
  readonly messages: () => readonly Message[]
  /** Same for tasks that differ in the document alone. */
  readonly fixedPart: string
}

export interface PrepareOptions {
  readonly wantConfidence?: boolean
}

export interface Tasks {
  /** @throws ServiceError invalid_request, unknown_prompt, too_large or unusable_text */
  read(request: ClassifyRequest, options?: PrepareOptions): ReadRequest
  /** With what is known of other texts: what the ranker learns from, and what a model is shown. */
  taught(request: ReadRequest, learned: LearnedExamples | undefined): ReadRequest
  /** Whether the ranker has a part in what a model that writes is asked. */
  isRanked(request: ReadRequest): boolean
  /** What asking takes, and an answer that is known does not: the shortlist, the schema, the messages. */
  complete(request: ReadRequest): Task
  /** Both. */
  prepare(request: ClassifyRequest, options?: PrepareOptions): Task
}

/** What the encoder says, where it says something. */
export const encodedOf = ({ encoded }: Pick<ReadRequest, 'encoded'>): EncodedText | undefined =>
  encoded === 'failed' ? undefined : encoded
