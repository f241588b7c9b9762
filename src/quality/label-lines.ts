import type { z } from 'zod'
import { parseJson } from '../core/json-fault.ts'

/** The lines of a file that are not blank, by their number, each as its shape has it or with what is wrong. */
export function* labelLines<Shape extends z.ZodType>(content: string, shape: Shape) {
  for (const [index, line] of content.split('\n').entries())
    if (line.trim() !== '') yield { number: index + 1, ...shape.safeParse(parseJson(line)) }
}
