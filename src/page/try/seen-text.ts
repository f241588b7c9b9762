export interface Part {
  readonly text: string
  readonly isSent: boolean
}

/** A line is looked for only so far on: what is found further away is another one that reads the same. */
const reach = 300
const leastTelling = 8

/** The text in parts that the model was shown and parts that it was not, as far as they can be found in its messages. */
export function partsOf(text: string, messages: readonly { readonly content: string }[]): Part[] {
  const sent = messages.at(-1)?.content ?? ''
  const parts: { text: string; isSent: boolean }[] = []
  const add = (piece: string, isSent: boolean) => {
    const last = parts.at(-1)
    if (last?.isSent === isSent) last.text += piece
    else parts.push({ text: piece, isSent })
  }
  let from: number | undefined
  const find = (piece: string): boolean => {
    const found = sent.indexOf(piece, from ?? 0)
    if (found === -1 || (from === undefined ? piece.length < leastTelling : found - from > reach)) return false
    from = found + piece.length
    return true
  }
  for (const line of text.split(/(?<=\n)/)) {
    const words = line.trim()
    if (words === '') add(line, parts.at(-1)?.isSent ?? true)
    else if (find(words)) add(line, true)
    else
      for (const word of line.split(/(?<=\s)/)) add(word, word.trim() !== '' && from !== undefined && find(word.trim()))
  }
  return parts
}
