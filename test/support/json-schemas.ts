import { z } from 'zod'
import { BatchReport } from '../../src/core/batch/batch-report.ts'
import { BatchEntry, BatchSettings } from '../../src/core/batch/batch-settings.ts'
import { Answer, ClassifyRequest, DetailedAnswer } from '../../src/core/classification.ts'
import { Feedback, FeedbackRequest } from '../../src/core/feedback.ts'
import { PromptSettings } from '../../src/core/model/prompt.ts'
import { createWireSchema } from '../../src/core/model/reply-schema.ts'
import { Problem } from '../../src/core/problem.ts'
import { createChoices } from '../../src/core/tags/choices.ts'
import { readTagList, Tag } from '../../src/core/tags/tag-list.ts'
import { ErrorLine } from '../../src/http/routes/classify-stream.ts'

type Direction = 'input' | 'output'

/** The files of `schemas/`, by name, from the sources that the service itself checks with. */
export function jsonSchemas(): Record<string, object> {
  const schema = (source: z.ZodType, io: Direction) => z.toJSONSchema(source, { io, target: 'draft-2020-12' })
  return {
    'classify-request.json': schema(ClassifyRequest, 'input'),
    'answer.json': schema(Answer, 'output'),
    'detailed-answer.json': schema(DetailedAnswer, 'output'),
    'batch-settings.json': schema(BatchSettings, 'input'),
    'batch-entry.json': schema(BatchEntry, 'input'),
    'batch.json': schema(BatchReport, 'output'),
    'feedback-request.json': schema(FeedbackRequest, 'input'),
    'feedback.json': schema(Feedback, 'output'),
    'problem.json': schema(Problem, 'output'),
    'error-line.json': schema(ErrorLine, 'output'),
    'tag-list.json': schema(z.array(Tag).min(1).meta({ title: 'TagList' }), 'input'),
    'prompt-settings.json': schema(PromptSettings, 'input'),
    'model-reply.json': modelReply(),
  }
}

/** What goes over the wire, here for a list of three; the ids are those of the list in use. */
function modelReply(): object {
  const { list } = readTagList([36, 57, 18].map(id => ({ id, name: `tag ${id}` })))
  const title =
    'What a model is held to: an object with nothing but the chosen ids. The enum holds the ids of the list in use.'
  return { title, ...createWireSchema(createChoices(list!.tags, 'ids'), 3) }
}
