import { z } from 'zod'

export const Coverage = z
  .strictObject({
    total_bytes: z.int().min(0).describe('Size of the text as it came, in UTF-8.'),
    sent_bytes: z.int().min(0).describe('Size of what the model saw of it.'),
    cut: z
      .array(z.enum(['comments', 'images', 'markup', 'data', 'contents', 'boilerplate', 'code', 'middle']))
      .describe(
        'What was left out: HTML comments, images and badges, HTML tags, embedded data, tables of contents, sections on licence, contributors, sponsors and the like, long code, the middle of a long text.',
      ),
  })
  .meta({ id: 'Coverage' })
export type Coverage = z.infer<typeof Coverage>

export type Cut = Coverage['cut'][number]
