import { parseJson } from '../core/json-fault.ts'

/** What a provider said of a failure, taken apart: what names its kind, and what it says in sentences. */
export interface FailureWords {
  /** Words and numbers from the fields that name the kind of an error: lower case, `content_filter` for `Content-Filter`. */
  readonly codes: readonly string[]
  /** Its sentences, without what they quote at length, bounded. */
  readonly text: string
  /** Whether it is a web page in place of an API's answer. */
  readonly page: boolean
}

interface Said {
  readonly code: string | undefined
  readonly text: string
  /** The parsed body, or its text. */
  readonly body: unknown
}

/** Fields that name a kind. What stands elsewhere may be a part of the request that is shown again. */
const kindFields =
  /^(code|type|status|reason|reasons|error_?type|error_?code|err_?code|status_?code|quotaid|block_?reason|@type|finish_?reason)$/i
const sentenceFields =
  /^(message|msg|error|errors|detail|details|error_?msg|err_?msg|status_?msg|title|error_description|raw)$/i
/** Of these, all members are looked into. */
const containers =
  /^(error|errors|innererror|inner_error|details|detail|metadata|violations|body|base_resp|err|data|response|promptfeedback|prompt_feedback|provider_specific_fields)$/i

const longestCode = 100
const longestText = 1_000
const longestPage = 10_000
const deepest = 6
const mostNodes = 200

/** Reads structure first; the free text of a message last, and none of what it quotes. */
export function wordsOf({ code, text, body }: Said): FailureWords {
  const raw = typeof body === 'string' ? body : text
  const page = isPage(raw)
  const codes = new Set<string>()
  const sentences: string[] = []
  if (code !== undefined) addCode(codes, code)
  if (typeof body === 'object' && body !== null) collect(body, { codes, sentences })
  // The SDK's message repeats a body it cannot read whole, the request in it included: it counts where nothing else does.
  if (sentences.length === 0) sentences.push(page ? textOfPage(raw) : raw)
  return {
    codes: [...codes],
    text: withoutQuotations(sentences.join(' ').slice(0, longestText * 4)).slice(0, longestText),
    page,
  }
}

function addCode(codes: Set<string>, value: unknown): void {
  if (typeof value === 'number' && Number.isSafeInteger(value)) codes.add(String(value))
  if (typeof value === 'string' && value.length <= longestCode && !/\s/.test(value))
    codes.add(value.toLowerCase().replaceAll('-', '_'))
}

interface Found {
  readonly codes: Set<string>
  readonly sentences: string[]
}

function collect(body: object, { codes, sentences }: Found): void {
  const nodes: [object, number][] = [[body, 0]]
  const enter = (value: unknown, depth: number) => {
    if (typeof value === 'object' && value !== null && depth < deepest && nodes.length < mostNodes)
      nodes.push([value, depth])
  }
  for (const [node, depth] of nodes) {
    for (const [name, value] of Object.entries(node).slice(0, mostNodes)) {
      const inList = Array.isArray(node)
      if (inList || kindFields.test(name)) for (const one of [value].flat().slice(0, mostNodes)) addCode(codes, one)
      if (typeof value === 'string' && (inList || sentenceFields.test(name)))
        addSentence(value, { sentences, enter, depth })
      if (inList || containers.test(name) || sentenceFields.test(name)) enter(value, depth + 1)
    }
  }
}

/** A gateway often passes the answer of the one behind it on as text. */
function addSentence(
  value: string,
  { sentences, enter, depth }: { sentences: string[]; enter: (value: unknown, depth: number) => void; depth: number },
): void {
  const inner = /^\s*[[{]/.test(value) && value.length < 20_000 ? parseJson(value) : undefined
  if (typeof inner === 'object' && inner !== null) enter(inner, depth + 1)
  else sentences.push(value.slice(0, longestText * 4))
}

/** A long quotation is somebody else's words, those of the document more often than not; and so is one that was cut. */
const withoutQuotations = (text: string): string =>
  text.replace(
    /"[^"]{40,}(?:"|$)|“[^”]{40,}(?:”|$)|«[^»]{40,}(?:»|$)|`[^`]{40,}(?:`|$)|(?<![\p{L}\d])'[^']{40,}(?:'(?![\p{L}\d])|$)/gu,
    ' ',
  )

const isPage = (text: string): boolean => /^[^<{[]{0,8}<(!doctype|html|head|body|\?xml)\b/i.test(text.trimStart())

const textOfPage = (page: string): string =>
  page
    .slice(0, longestPage)
    .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>|<!--[\s\S]*?-->/gi, ' ')
    .replace(/<[^>]{0,2000}>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
