import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { CandidateReport, ClassifyRequest, DocumentId } from '../core/classification.ts'
import type { Message } from '../core/model/question.ts'
import { createWireSchema, type WireSchema } from '../core/model/reply-schema.ts'
import { ServiceError } from '../core/outcome.ts'
import type { EncodedText, LearnedExamples } from '../core/ranking.ts'
import type { Choices } from '../core/tags/choices.ts'
import type { TagList } from '../core/tags/tag-list.ts'
import { createDocuments, type ReadDocument } from '../documents/index.ts'
import type { Candidates, Chosen } from './candidates.ts'
import { createExamples, type ShownExamples } from './examples.ts'
import type { Prompt } from './prompt.ts'
import { createTagLists } from './tag-lists.ts'

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

interface PrepareOptions {
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

const schemasKept = 1_000

export interface TaskOptions {
  readonly prompts: ReadonlyMap<string, Prompt>
  readonly defaultPrompt: string
  readonly candidates: Candidates
  /** The most tokens of a text that the model is shown. */
  readonly textBudget: number
  readonly mostTags: number
}

export function createTasks({ prompts, defaultPrompt, candidates, textBudget, mostTags }: TaskOptions): Tasks {
  const tagLists = createTagLists({ mostTags })
  const documents = createDocuments({ textBudget })
  const schemas = new LRUCache<string, WireSchema>({ max: schemasKept })
  const examplesFor = createExamples(candidates.nearest)
  const isRanked: Tasks['isRanked'] = ({ prompt, tagList }) =>
    prompt.mentionsSuggestions || candidates.areNeeded(tagList)
  return { read, isRanked, taught, complete, prepare: (request, options) => complete(read(request, options)) }

  function read(request: ClassifyRequest, { wantConfidence = false }: PrepareOptions = {}): ReadRequest {
    const name = request.prompt ?? defaultPrompt
    const prompt = prompts.get(name)
    if (!prompt) throw new ServiceError('unknown_prompt', `There is no prompt of this name; GET /prompts lists them.`)
    const tagList = request.tags ? tagLists.read(request.tags) : prompt.tagList
    const document = documents.read(request.text, prompt.settings)
    const reviewBelow = request.review_below ?? prompt.settings.review_below
    return {
      id: request.id ?? null,
      prompt,
      tagList,
      maxTags: request.max_tags ?? prompt.settings.max_tags,
      document,
      minConfidence: request.min_confidence ?? 0,
      wantConfidence: wantConfidence || request.min_confidence !== undefined || reviewBelow !== undefined,
      reviewBelow,
      isCheap: request.mode === 'cheap',
    }
  }

  function taught(request: ReadRequest, learned: LearnedExamples | undefined): ReadRequest {
    const examples = examplesFor(request, learned)
    const { learn } = request.prompt.settings
    return { ...request, ...(learn && learned && { learned }), ...(examples && { examples }) }
  }

  function complete(request: ReadRequest): Task {
    const { prompt, tagList, document } = request
    return taskOf(request, candidates.choose(prompt.settings, tagList, document.text, encodedOf(request)))
  }

  function taskOf(request: ReadRequest, { choices, report, byTopics }: Chosen): Task {
    const { id, prompt, tagList, maxTags, document } = request
    const listPrompt = prompt.forChoices(choices, maxTags)
    return {
      ...request,
      choices,
      candidates: report,
      withTopics: byTopics && (topics => taskOf(request, byTopics(topics))),
      schema: schemaOf(choices, request),
      messages: () => {
        const text = document.text()
        const suggestedTags = () => candidates.suggest(tagList, text, encodedOf(request))
        return listPrompt.render({ id, text, suggestedTags, examples: request.examples?.shown })
      },
      fixedPart: hash('sha256', `${prompt.version} ${tagList.version} ${maxTags}`, 'hex').slice(0, 32),
    }
  }

  /** Kept, so that it is the same bytes from call to call; that of a shortlist is the same for every text. */
  function schemaOf(choices: Choices, { tagList, prompt, maxTags }: ReadRequest): WireSchema {
    const of = choices.replyWith === 'positions' ? choices.labels.length : `${tagList.version} ${prompt.version}`
    const key = `${choices.replyWith} ${of} ${maxTags}`
    const known = schemas.get(key)
    if (known !== undefined) return known
    const schema = createWireSchema(choices, maxTags)
    schemas.set(key, schema)
    return schema
  }
}

/** What the encoder says, where it says something. */
export const encodedOf = ({ encoded }: Pick<ReadRequest, 'encoded'>): EncodedText | undefined =>
  encoded === 'failed' ? undefined : encoded
