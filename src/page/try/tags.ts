import type { Tag } from '../../core/tags/tag-list.ts'

export const foldTags = (tags: readonly Tag[]) =>
  tags.map(tag => ({ tag, words: `${tag.name} ${tag.id}`.toLowerCase() }))
export function filterTags(folded: ReturnType<typeof foldTags>, filter: string): readonly Tag[] {
  const words = filter.toLowerCase().trim()
  return folded.filter(row => row.words.includes(words)).map(row => row.tag)
}

export const writeTags = (tags: readonly Tag[]) =>
  tags.some(({ aliases }) => aliases)
    ? JSON.stringify(tags, null, 1)
    : tags
        .map(({ id, name, description }) => [id, name, description].filter(part => part !== undefined).join(', '))
        .join('\n')

/** @throws Error in words */
export function readTags(written: string): Tag[] {
  const text = written.trim()
  if (text === '') throw new Error('The list holds no tag.')
  if (text.startsWith('[')) {
    const tags: unknown = JSON.parse(text)
    if (Array.isArray(tags) && tags.every(tag => typeof tag?.name === 'string' && tag.id !== undefined)) return tags
    throw new Error('Each tag needs an "id" and a "name".')
  }
  return text.split('\n').map((line, index) => {
    const [id = '', name = '', ...description] = line.split(',').map(part => part.trim())
    if (name === '') throw new Error(`Line ${index + 1} has no name after its id.`)
    return {
      id: /^\d{1,15}$/.test(id) ? Number(id) : id,
      name,
      ...(description.length > 0 && { description: description.join(', ') }),
    }
  })
}
