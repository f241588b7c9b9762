import type { Style } from './dialect.ts'

type Id = number | string

const jsonStyles: readonly Style[] = ['plain', 'string_ids', 'float_ids', 'objects', 'labelled', 'joined', 'names']

/** Whether a reply of this style is still a JSON object. */
export const fitsJson = (style: Style): boolean => jsonStyles.includes(style)

const fence = (text: string) => `\`\`\`json\n${text}\n\`\`\``
const tagsOf = (values: readonly unknown[]) => JSON.stringify({ tags: values })

/** Words picks as models do when nothing holds them to a form. */
export function word(style: Style, picks: readonly Id[], nameOf: (id: Id) => string): string {
  switch (style) {
    case 'plain':
      return tagsOf(picks)
    case 'string_ids':
      return tagsOf(picks.map(String))
    case 'float_ids':
      return `{"tags":[${picks.map(id => (typeof id === 'number' ? id.toFixed(1) : JSON.stringify(id))).join(', ')}]}`
    case 'objects':
      return tagsOf(picks.map(id => ({ id })))
    case 'labelled':
      return tagsOf(picks.map(id => (id === nameOf(id) ? id : `${id}: ${nameOf(id)}`)))
    case 'joined':
      return JSON.stringify({ tags: picks.join(',') })
    case 'top_level_array':
      return JSON.stringify(picks)
    case 'fenced':
      return fence(tagsOf(picks))
    case 'prose':
      return `Sure! The text is mostly about what these stand for:\n\n${tagsOf(picks)}\n\nLet me know if you need more [tags].`
    case 'names':
      return tagsOf(picks.map(nameOf))
    case 'fenced_names':
      return `Here are the tags that fit best:\n\n${fence(tagsOf(picks.map(nameOf)))}\n\nI left out what the text only mentions.`
  }
}

/** A train of thought that holds a draft nobody should take for the answer. */
export const draftOf = (picks: readonly Id[], allowed: readonly Id[]): string =>
  `Maybe {"tags":${JSON.stringify(allowed.slice(0, 1))}}? No, ${picks.length} fit better.`
