import type { z } from 'zod'

/** The first example that a shape gives of itself, for shapes that hold it. */
export const exampleOf = (shape: z.ZodType): unknown => (shape.meta()?.examples as unknown[] | undefined)?.[0]
