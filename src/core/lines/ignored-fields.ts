import { z } from 'zod'

/** What an upload is told beside its answer. */
export const UploadWarning = z
  .strictObject({
    code: z.literal('ignored_fields'),
    detail: z.string(),
    fields: z
      .record(z.string(), z.int().min(1))
      .describe('In how many entries each stood; those beyond twenty names are counted as `(others)`.'),
  })
  .meta({
    id: 'UploadWarning',
    description: 'Fields of entries that are not known here, and were left out.',
    examples: [
      {
        code: 'ignored_fields',
        detail:
          'Fields that are not known here were ignored in 12000 entries: stars (12000), url (9300). With strict=true such entries fail.',
        fields: { stars: 12_000, url: 9_300 },
      },
    ],
  })
export type UploadWarning = z.infer<typeof UploadWarning>

const mostNames = 20
const shortName = /^[\w.-]{1,64}$/
const others = '(others)'

/** Counts the fields that entries of one upload hold and nobody here knows. */
export function createIgnoredFields() {
  const fields = new Map<string, number>()
  let entries = 0
  return {
    count(names: readonly string[]): void {
      if (names.length > 0) entries += 1
      const counted = new Set<string>()
      for (const written of names) {
        const name = known(written)
        if (!counted.has(name)) fields.set(name, (fields.get(name) ?? 0) + 1)
        counted.add(name)
      }
    },
    /** How many entries held such a field. */
    get entries() {
      return entries
    },
    /** As JSON tells it, without a prototype, as a field may have any name. */
    counts: (): Record<string, number> => Object.assign(Object.create(null), Object.fromEntries(fields)),
    /** One for the whole upload; none when nothing was left out. */
    warnings(): UploadWarning[] {
      if (entries === 0) return []
      const told = [...fields].map(([name, times]) => `${name} (${times})`).join(', ')
      const detail = `Fields that are not known here were ignored in ${entries} entries: ${told}. With strict=true such entries fail.`
      return [{ code: 'ignored_fields', detail, fields: this.counts() }]
    },
  }

  function known(name: string): string {
    if (fields.has(name)) return name
    return shortName.test(name) && fields.size < mostNames ? name : others
  }
}

export type IgnoredFields = ReturnType<typeof createIgnoredFields>
