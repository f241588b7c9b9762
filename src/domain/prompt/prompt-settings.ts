import { z } from 'zod'

export const PromptSettings = z
  .strictObject({
    description: z.string().min(1).max(500).describe('What the prompt is for, in a line.'),
    max_tags: z
      .int()
      .min(1)
      .max(50)
      .default(3)
      .describe('The most tags an answer holds when the request does not say.'),
    temperature: z.number().min(0).max(2).default(0),
    reply_with: z.enum(['ids', 'names']).default('ids').describe('What the model writes for a tag.'),
    reduce: z.boolean().default(true).describe('Whether the text is reduced to its budget; false sends it as it came.'),
    model: z.string().min(1).optional().describe('The model to ask in place of OPENAI_MODEL.'),
  })
  .meta({ id: 'PromptSettings', description: 'The prompt.yaml of a prompt folder.' })
export type PromptSettings = z.infer<typeof PromptSettings>
