/** The beginning of a text, of `most` UTF-16 units or one less: no character is cut in two. */
export function clipped(text: string, most: number): string {
  const end = (text.codePointAt(most - 1) ?? 0) > 0xffff ? most - 1 : most
  return text.slice(0, end)
}
