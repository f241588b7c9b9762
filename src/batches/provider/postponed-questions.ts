import { hash } from 'node:crypto'
import type { Answer, ClassifyRequest, Details } from '../../core/classification.ts'
import type { FoundForm, Question } from '../../core/model/endpoint.ts'
import type { TextReply } from '../../core/model/engine.ts'
import type { Ending } from '../run/item-ending.ts'

/** A question that was worked out and not asked. */
export interface PostponedQuestion extends Question {
  readonly model: string
}

export const isQuestion = (found: PostponedQuestion | Ending): found is PostponedQuestion => 'messages' in found

export type Step =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly details: Details }
  /** There is one more to ask: the first, or one about the reply to the last. */
  | { readonly kind: 'question'; readonly question: PostponedQuestion }
  /** The reply is to a question that would not be asked this way any more. */
  | { readonly kind: 'outdated' }

export interface AskedBefore {
  /** In order, as they came. */
  readonly replies: readonly TextReply[]
  readonly found: FoundForm
  /** False for replies that were read and told of before. */
  readonly areNew: boolean
  /** The mark of the question that the last of them is the reply to. */
  readonly mark: string
}

export interface StepOptions {
  /** Who pays. */
  readonly account: string
  readonly signal: AbortSignal
  readonly before?: AskedBefore | undefined
}

/** @throws ServiceError with the code of the outcome; or the reason of `signal` */
export type PostponedAsking = (request: ClassifyRequest, options: StepOptions) => Promise<Step>

/** What a reply has to be read with: as long as it is the same, the reply means the same. */
export const markOf = ({ cacheKey, choices }: Question): string =>
  hash('sha256', JSON.stringify([cacheKey, choices.tags.map(tag => tag.id)]), 'base64url').slice(0, 16)

/** Names an item in a file, and what its reply has to be read with. */
export const lineIdOf = (seq: number, mark: string): string => `${seq}.${mark}`

export function readLineId(id: string): { seq: number; mark: string } | undefined {
  const parts = /^(\d{1,10})\.([\w-]{16})$/.exec(id)
  return parts ? { seq: Number(parts[1]), mark: parts[2]! } : undefined
}
