/** How many bytes tell all formats below apart, as far as they can be told. */
export const headLength = 16

/** What is often sent in place of text, by how it begins, one character for each byte; from the MIME Sniffing Standard and the formats' own papers. */
const formats: readonly (readonly [begins: string, fault: string])[] = [
  ['\x1f\x8b', 'is packed with gzip: unpack it'],
  ['\x28\xb5\x2f\xfd', 'is packed with zstd: unpack it'],
  ['PK\x03\x04', 'is a ZIP archive (or an Office document, which is one), not text'],
  ['PK\x05\x06', 'is an empty ZIP archive, not text'],
  ['\xfd7zXZ\0', 'is packed with xz, not text'],
  ['BZh91AY&SY', 'is packed with bzip2, not text'],
  ['7z\xbc\xaf', 'is a 7z archive, not text'],
  ['Rar!\x1a\x07', 'is a RAR archive, not text'],
  ['%PDF-', 'is a PDF: send the text that stands in it'],
  ['%!PS-Adobe-', 'is PostScript: send the text that stands in it'],
  ['\xd0\xcf\x11\xe0', 'is an Office document of the old kind: send the text that stands in it'],
  ['\x89PNG', 'is a PNG image, not text'],
  ['\xff\xd8\xff', 'is a JPEG image, not text'],
  ['\x7fELF', 'is a program, not text'],
  ['SQLite format 3\0', 'is an SQLite database, not text'],
  ['\xff\xfe\0\0', 'is UTF-32, which is not read: use UTF-8'],
  ['\0\0\xfe\xff', 'is UTF-32, which is not read: use UTF-8'],
]

const unmarked = 'is UTF-16 without a byte order mark: name its charset (utf-16le or utf-16be), or use UTF-8'

/** Why what begins so is no text, as the end of a sentence; undefined when it may be one. */
export function faultOfHead(head: string): string | undefined {
  const known = formats.find(([begins]) => head.startsWith(begins))
  return known?.[1] ?? (isUnmarked(head) ? unmarked : undefined)
}

const beginnings = new Set(formats.map(([begins]) => begins.charCodeAt(0)))

/** Whether two bytes are enough to see that no format above begins so, and no byte order mark. */
export function beginsPlainly(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0
  return first > 0 && first < 0x80 && bytes[1] !== 0 && !beginnings.has(first)
}

/** Text of the first 128 characters has every other byte empty in UTF-16. */
function isUnmarked(head: string): boolean {
  const [first, second, third, fourth] = [0, 1, 2, 3].map(index => head.charCodeAt(index))
  const isFilled = (byte: number | undefined) => byte !== undefined && byte > 0 && byte < 0x80
  return second === 0 && fourth === 0
    ? isFilled(first) && isFilled(third)
    : first === 0 && third === 0 && isFilled(second) && isFilled(fourth)
}

// What file(1) never finds in text: neither white space nor what terminals and typewriters are steered with.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const noText = /[\x00-\x06\x0e-\x1a\x1c-\x1f]/
const mostOfThem = 0.05

/** Why a text is none, as the end of a sentence. A few stray control characters do not make it another thing. */
export function faultOfText(text: string): string | undefined {
  const fault = faultOfHead(text.slice(0, headLength))
  if (fault !== undefined || !noText.test(text)) return fault
  const found = text.match(new RegExp(noText, 'g'))?.length ?? 0
  return found > text.length * mostOfThem ? 'is no text: too much of it is control characters' : undefined
}
