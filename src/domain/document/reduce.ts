import { Buffer } from 'node:buffer'
import { z } from 'zod'

export const Coverage = z
  .strictObject({
    total_bytes: z.int().min(0).describe('Size of the text as it came, in UTF-8.'),
    sent_bytes: z.int().min(0).describe('Size of what the model saw of it.'),
    cut: z
      .array(z.enum(['comments', 'images', 'markup', 'data', 'middle']))
      .describe(
        'What was left out: HTML comments, images and badges, HTML tags, embedded data, the middle of a long text.',
      ),
  })
  .meta({ id: 'Coverage' })
export type Coverage = z.infer<typeof Coverage>

export interface ReducedText {
  readonly text: string
  readonly coverage: Coverage
}

/** Tokens are not counted: four bytes of a README are about one. */
const bytesPerToken = 4
const shareOfHead = 0.75
const gap = '\n\n[…]\n\n'

/** By name, so that `Vec<T>` in an example stays what it is. */
const htmlTag =
  /<\/?(?:a|b|blockquote|br|center|code|dd|details|div|dl|dt|em|figcaption|figure|font|h[1-6]|hr|i|iframe|img|kbd|li|ol|p|picture|pre|samp|source|span|strong|sub|summary|sup|svg|path|table|tbody|td|th|thead|tr|tt|u|ul|video)(?:\s[^<>]{0,2000})?\/?>/giu

type Cut = Coverage['cut'][number]

/** Every step is linear in the text: quantifiers are bounded, and each works on one line at a time. */
const lineSteps: readonly { readonly cut: Cut; readonly pattern: RegExp; readonly by: string }[] = [
  { cut: 'data', pattern: /data:[\w.+-]{1,60}\/[\w.+-]{1,60}[;,][\w+/=%;,-]{40,}/gu, by: '' },
  { cut: 'images', pattern: /!\[([^\][]{0,300})\]\([^()]{0,2000}\)/gu, by: '' },
  { cut: 'images', pattern: /\[\s{0,8}\]\([^()]{0,2000}\)/gu, by: '' },
  { cut: 'images', pattern: /^\s{0,8}\.\. image:: \S{1,2000}$/gu, by: '' },
  { cut: 'markup', pattern: htmlTag, by: ' ' },
]

/** Leaves out what says nothing about the subject, then what does not fit the budget (in tokens). */
export function reduceText(original: string, budget: number): ReducedText {
  const cut = new Set<Cut>()
  const lines = withoutComments(original.replace(/\r\n?/gu, '\n').replace(/\p{Cc}/gu, keepWhiteSpace), cut).split('\n')
  const kept = lines.flatMap(line => {
    const reduced = lineSteps.reduce((rest, { cut: name, pattern, by }) => {
      const shorter = rest.replace(pattern, by)
      if (shorter !== rest) cut.add(name)
      return shorter
    }, line)
    return reduced !== line && reduced.trim() === '' ? [] : [reduced.trimEnd()]
  })
  const text = fitted(
    kept
      .join('\n')
      .replace(/\n{3,}/gu, '\n\n')
      .trim(),
    budget * bytesPerToken,
    cut,
  )
  return { text, coverage: { total_bytes: bytes(original), sent_bytes: bytes(text), cut: [...cut] } }
}

/** The text as it came. */
export function wholeText(text: string): ReducedText {
  return { text, coverage: { total_bytes: bytes(text), sent_bytes: bytes(text), cut: [] } }
}

/** Whether there is a letter or a digit to go by. */
export const isUsable = (text: string): boolean => /[\p{L}\p{N}]/u.test(text)

const bytes = (text: string) => Buffer.byteLength(text, 'utf8')

const keepWhiteSpace = (character: string) => (character === '\n' || character === '\t' ? character : ' ')

function withoutComments(text: string, cut: Set<Cut>): string {
  const parts: string[] = []
  let from = 0
  for (;;) {
    const start = text.indexOf('<!--', from)
    const end = start === -1 ? -1 : text.indexOf('-->', start + 4)
    if (end === -1) break
    parts.push(text.slice(from, start))
    from = end + 3
    cut.add('comments')
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(from)
}

/** Head and tail of a text that is too long: what a project is stands first, and what it is for often last. */
function fitted(text: string, budget: number, cut: Set<Cut>): string {
  if (bytes(text) <= budget) return text
  cut.add('middle')
  const encoded = Buffer.from(text, 'utf8')
  const head = decode(encoded.subarray(0, Math.floor(budget * shareOfHead)))
  const tail = decode(encoded.subarray(encoded.length - Math.floor(budget * (1 - shareOfHead))))
  return upToLastBreak(head) + gap + fromFirstBreak(tail)
}

/** A character that the cut split is left out. */
const decode = (part: Buffer) => part.toString('utf8').replace(/^\uFFFD{1,3}|\uFFFD{1,3}$/gu, '')

function upToLastBreak(head: string): string {
  const end = head.lastIndexOf('\n')
  return (end > head.length / 2 ? head.slice(0, end) : head).trimEnd()
}

function fromFirstBreak(tail: string): string {
  const start = tail.indexOf('\n')
  return (start !== -1 && start < tail.length / 2 ? tail.slice(start) : tail).trimStart()
}
