import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Choices } from '../domain/choices.ts'
import type { ClassifyRequest, DocumentId } from '../domain/classification.ts'
import { isUsable, type ReducedText, reduceText, wholeText } from '../domain/document/reduce.ts'
import { ServiceError } from '../domain/outcome.ts'
import type { Message, Prompt } from '../domain/prompt/prompt.ts'
import type { TagList } from '../domain/tag-list.ts'
import { createWireSchema, type WireSchema } from '../domain/wire-schema.ts'
import type { Candidates } from './candidates.ts'
import { createTagLists } from './tag-lists.ts'

/** A request taken apart: all that has to be known to ask a model. */
export interface Task {
  readonly id: DocumentId | null
  readonly prompt: Prompt
  readonly tagList: TagList
  readonly choices: Choices
  readonly maxTags: number
  readonly document: ReducedText
  readonly schema: WireSchema
  readonly messages: readonly Message[]
  /** Tags of which the model is less sure are dropped. */
  readonly minConfidence: number
  readonly wantConfidence: boolean
  /** Same for tasks that differ in the document alone. */
  readonly fixedPart: string
}

export interface Tasks {
  /** @throws ServiceError invalid_request, unknown_prompt, too_large or unusable_text */
  prepare(request: ClassifyRequest, options?: { wantConfidence?: boolean }): Task
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
  const schemas = new LRUCache<string, WireSchema>({ max: schemasKept })
  return {
    prepare(request, { wantConfidence = false } = {}) {
      const name = request.prompt ?? defaultPrompt
      const prompt = prompts.get(name)
      if (!prompt) throw new ServiceError('unknown_prompt', `There is no prompt of this name; GET /prompts lists them.`)
      const tagList = request.tags ? tagLists.read(request.tags) : prompt.tagList
      const maxTags = request.max_tags ?? prompt.settings.max_tags
      const document = prompt.settings.reduce ? reduceText(request.text, textBudget) : wholeText(request.text)
      if (!isUsable(document.text)) {
        throw new ServiceError('unusable_text', 'The text is blank, or holds nothing but markup and images.')
      }
      const choices = candidates.choose(prompt, tagList, document.text)
      return {
        id: request.id ?? null,
        prompt,
        tagList,
        choices,
        maxTags,
        document,
        schema: schemaOf(choices, tagList, maxTags),
        messages: prompt.forChoices(choices, maxTags).render({ id: request.id ?? null, text: document.text }),
        minConfidence: request.min_confidence ?? 0,
        wantConfidence: wantConfidence || request.min_confidence !== undefined,
        fixedPart: createHash('sha256')
          .update(`${prompt.version} ${tagList.version} ${maxTags}`)
          .digest('hex')
          .slice(0, 32),
      }
    },
  }

  /** Kept, so that it is the same bytes from call to call; that of a shortlist is the same for every text. */
  function schemaOf(choices: Choices, { version }: TagList, maxTags: number): WireSchema {
    const of = choices.replyWith === 'positions' ? choices.labels.length : version
    const key = `${choices.replyWith} ${of} ${maxTags}`
    const schema = schemas.get(key) ?? createWireSchema(choices, maxTags)
    schemas.set(key, schema)
    return schema
  }
}
