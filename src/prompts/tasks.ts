import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { ClassifyRequest } from '../core/classification.ts'
import type { Prompt } from '../core/model/prompt.ts'
import { createWireSchema, type WireSchema } from '../core/model/reply-schema.ts'
import { encodedOf, type PrepareOptions, type ReadRequest, type Task, type Tasks } from '../core/model/task.ts'
import { ServiceError } from '../core/outcome.ts'
import type { LearnedExamples } from '../core/ranking.ts'
import type { Choices } from '../core/tags/choices.ts'
import { createDocuments } from '../documents/index.ts'
import type { Candidates, Chosen } from './candidates.ts'
import { createExamples } from './examples.ts'
import { createTagLists } from './tag-lists.ts'

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
