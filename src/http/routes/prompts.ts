import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ClassifyRequest, Coverage, exampleOf, exampleText } from '../../core/classification.ts'
import { type Prompt, PromptSettings } from '../../core/model/prompt.ts'
import { strictestFormat } from '../../core/model/reply-format.ts'
import { responseFormat } from '../../core/model/reply-schema.ts'
import type { Tasks } from '../../core/model/task.ts'
import { ServiceError } from '../../core/outcome.ts'
import { readTagList, Tag } from '../../core/tags/tag-list.ts'
import { problems } from '../problem.ts'

const ListedPrompt = z
  .object({
    name: z.string(),
    version: z.string().describe('Name and hash, as answers tell it.'),
    is_default: z.boolean(),
    settings: PromptSettings,
    tag_list: z.object({ version: z.string(), tags: z.int().min(0) }),
  })
  .meta({
    id: 'ListedPrompt',
    examples: [
      {
        ...{ name: 'assign-tags', version: 'assign-tags@6ef1d469cbcd', is_default: true },
        settings: {
          ...{ description: 'At most three tags.', max_tags: 3, temperature: 0 },
          ...{ reply_with: 'names', order: 'id', seed: 0, reduce: true },
        },
        tag_list: { version: 'b632ef1436f7d84b', tags: 90 },
      },
    ],
  })

const Rendering = z
  .object({
    prompt: z.string(),
    tag_list: z.string(),
    messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
    response_format: z.unknown().describe('As it is sent to an endpoint that takes strict JSON Schema.'),
    size: z.object({
      bytes: z.int().describe('Of all messages, in UTF-8.'),
      estimated_tokens: z.int().describe('A quarter of the bytes; the real number is in the usage of an answer.'),
    }),
    coverage: Coverage,
  })
  .meta({
    id: 'Rendering',
    examples: [
      {
        ...{ prompt: 'assign-tags@6ef1d469cbcd', tag_list: 'a87f69dd14e73131' },
        messages: [
          { role: 'system', content: 'Choose at most 3 tags …' },
          { role: 'user', content: `<document 193101f7451be23f>\n${exampleText}\n</document 193101f7451be23f>` },
        ],
        response_format: { type: 'json_object' },
        size: { bytes: 851, estimated_tokens: 213 },
        coverage: exampleOf(Coverage),
      },
    ],
  })

export const TagListInUse = z
  .object({ version: z.string().describe('As `details.tag_list` tells it.'), tags: z.array(Tag) })
  .meta({ id: 'TagListInUse', examples: [{ version: 'a87f69dd14e73131', tags: [exampleOf(Tag)] }] })

/** The list that came with a request, else that of the prompt, as its owner wrote it. @throws ServiceError */
export function listInUse(sent: readonly Tag[] | undefined, prompt: Prompt | undefined): z.infer<typeof TagListInUse> {
  const list = sent ? readTagList(sent).list : prompt?.tagList
  if (list === undefined)
    throw new ServiceError('unknown_prompt', 'There is no prompt of this name; GET /prompts lists them.')
  const written = list.tags.map(({ id, writtenName: name, description, aliases }) => ({
    ...{ id, name },
    ...(description !== undefined && { description }),
    ...(aliases.length > 0 && { aliases: [...aliases] }),
  }))
  return { version: list.version, tags: written }
}

export interface PromptRouteOptions {
  readonly prompts: ReadonlyMap<string, Prompt>
  readonly defaultPrompt: string
  readonly tasks: Tasks
  /** A hash of who is asked. */
  readonly engine: string
}

export function promptRoutes(
  app: FastifyInstance,
  { prompts, defaultPrompt, tasks, engine }: PromptRouteOptions,
): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  typed.get(
    '/prompts',
    {
      schema: {
        operationId: 'listPrompts',
        summary: 'The prompts there are',
        tags: ['prompts'],
        response: {
          200: z
            .object({
              data: z.array(ListedPrompt),
              engine: z
                .string()
                .describe(
                  'A hash of the endpoints and models that are asked: whoever keeps answers asks again when it, the version of the prompt or that of the tag list is another one.',
                ),
            })
            .meta({ examples: [{ data: [exampleOf(ListedPrompt)], engine: '0f3c1d9a7be24c58' }] })
            .describe('All prompts, by name.'),
        },
      },
    },
    async () => ({
      data: [...prompts.values()].map(({ name, version, settings, tagList }) => ({
        name,
        version,
        is_default: name === defaultPrompt,
        settings,
        tag_list: { version: tagList.version, tags: tagList.tags.length },
      })),
      engine,
    }),
  )
  typed.get(
    '/prompts/:name/tags',
    {
      schema: {
        operationId: 'readPromptTags',
        summary: 'The tag list of a prompt',
        tags: ['prompts'],
        params: z.object({ name: z.string().max(128) }),
        response: {
          200: TagListInUse.describe('The list that is used when a request brings none.'),
          ...problems(400, 404),
        },
      },
    },
    async ({ params }) => listInUse(undefined, prompts.get(params.name)),
  )
  typed.post(
    '/prompts/:name/render',
    {
      schema: {
        operationId: 'renderPrompt',
        summary: 'What a model would be sent for a text',
        tags: ['prompts'],
        params: z.object({ name: z.string().max(128) }),
        body: ClassifyRequest.omit({ prompt: true, cache: true }).meta({
          id: 'RenderRequest',
          examples: [{ text: exampleText, tags: [exampleOf(Tag)] }],
        }),
        response: {
          200: Rendering.describe('The request as it would be sent; no model is asked.'),
          ...problems(400, 404, 413, 415, 422, 500, 503),
        },
      },
    },
    async request => {
      const task = tasks.prepare({ ...request.body, prompt: request.params.name })
      const messages = [...task.messages()]
      const bytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0)
      return {
        prompt: task.prompt.version,
        tag_list: task.tagList.version,
        messages,
        response_format: responseFormat(task.schema, strictestFormat),
        size: { bytes, estimated_tokens: Math.ceil(bytes / 4) },
        coverage: task.document.coverage,
      }
    },
  )
}
