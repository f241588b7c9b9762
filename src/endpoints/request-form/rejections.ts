import { parseJson } from '../../core/json-fault.ts'
import type { UpstreamFailure } from '../../core/model/engine.ts'
import { judge } from '../upstream-failure.ts'
import { byParameter, byWords, partIn, type RejectionCause, type Row } from './rejection-rows.ts'

/** A failure for which the form of the request may be to blame. */
export interface Rejection {
  /** Undefined when the endpoint does not say what it does not like, or says it in words nobody knows. */
  readonly cause: RejectionCause | undefined
  /** Whether the endpoint refuses; one that breaks says less of the form. */
  readonly firm: boolean
  /** The status and where the cause was read, fit for logs: no word of the endpoint but the name of a field. */
  readonly reason: string
}

const statuses = [400, 404, 415, 422, 500, 501]
/** Not the form: the key, the account, the model, the size of the prompt, what stands in it, or what the model wrote. */
const aboutSomethingElse = new RegExp(
  [
    'context[_ ](?:length|size|window)|maximum context|max_model_len|too long|too many tokens|reduce the length|上下文|超长',
    'content_?filter|content management|content[_ ]policy|moderation|safety|inappropriate|data_?inspection|content exists risk|敏感|违规|内容安全',
    'model_?not_?found|model .{0,80}(?:does not|doesn.t|not) (?:exist|found)|no such model|unknown model|not a valid model|模型不存在|data policy',
    'quota|billing|credit balance|insufficient|api[_ ]key|unauthori[sz]ed|permission|location is not supported|欠费|余额',
    // Ollama: "error parsing tool call: raw='…'". Groq: json_validate_failed, tool_use_failed.
    'error parsing tool call|json_validate_failed|tool_use_failed|failed_generation|failed to generate json|grammar rejected',
  ].join('|'),
  'i',
)

/**
 * Reads what may be a rejection of the form: a field that names a part of the request first, then the sentences.
 * @param prompt what was sent as messages: what an endpoint quotes of it is not what it says
 * @returns undefined when the failure is about something else, such as the key, the load or the context
 */
export function readRejection(failure: UpstreamFailure, prompt = ''): Rejection | undefined {
  const { kind, status } = failure
  if (kind !== 'status' || status === undefined || ![...statuses, 403].includes(status)) return undefined
  // A page comes from a gateway, or from an address where there is no such endpoint.
  if (/<(!doctype|html)\b/i.test(failure.text)) return undefined
  const said = readSaid(failure, prompt)
  if ([said.words, ...said.codes].some(part => aboutSomethingElse.test(part))) return undefined
  const found = causeIn(said)
  // OpenAI forbids what it does not support: 403 "You are not allowed to request logprobs from this model".
  if (status === 403 && found?.cause.about !== 'parameter') return undefined
  if (status !== 403 && ['blocked', 'upstream_auth'].includes(judge(failure).code)) return undefined
  if (found) return { cause: found.cause, firm: status !== 500, reason: `${status}, which ${found.where}` }
  if (said.parameters.includes('model') || (status === 404 && /model/i.test(said.words))) return undefined
  return { cause: undefined, firm: false, reason: `${status}, unexplained` }
}

function causeIn({ parameters, words }: Said): { cause: RejectionCause; where: string } | undefined {
  const spoken = firstOf(byWords, words)
  for (const parameter of parameters) {
    const cause = firstOf(byParameter, parameter)
    if (cause === undefined) continue
    // The field says which part it is; the words may say more exactly what is wrong with it.
    const exact = byWords.map(row => causeOf(row, words)).find(other => other && partIn(other) === partIn(cause))
    return { cause: exact ?? cause, where: `names ${partIn(cause)}` }
  }
  return spoken && { cause: spoken, where: `speaks of ${partIn(spoken)}` }
}

const causeOf = ({ says, cause }: Row, text: string) => {
  const match = says.exec(text)
  return match ? cause(match) : undefined
}

function firstOf(rows: readonly Row[], text: string): RejectionCause | undefined {
  for (const row of rows) {
    const cause = causeOf(row, text)
    if (cause) return cause
  }
  return undefined
}

/** What an endpoint said of a request it turned down, without what it only repeats of that request. */
interface Said {
  /** The parts of the request that it names in a field of their own, such as `response_format` or `messages.0.role`. */
  readonly parameters: readonly string[]
  /** Its own words for the kind of error, such as `unsupported_value`. */
  readonly codes: readonly string[]
  /** Its sentences. Quotations of more than two words are taken out, and so is what also stands in the prompt. */
  readonly words: string
}

type Field = 'parameter' | 'code' | 'words'

/** Fields of error bodies and what they hold; what is not listed, such as pydantic's `input`, repeats the request. */
const fields: Readonly<Record<string, Field>> = {
  param: 'parameter',
  parameter: 'parameter',
  field: 'parameter',
  loc: 'parameter',
  code: 'code',
  error_code: 'code',
  status: 'code',
  type: 'code',
  message: 'words',
  error_message: 'words',
  error_description: 'words',
  errorMessage: 'words',
  error_msg: 'words',
  msg: 'words',
  error: 'words',
  errors: 'words',
  detail: 'words',
  details: 'words',
  description: 'words',
  reason: 'words',
  title: 'words',
  fieldViolations: 'words',
  metadata: 'words',
  innererror: 'words',
  // OpenRouter puts the whole error of the provider behind it here, as JSON in a string.
  raw: 'words',
}

/** Some servers repeat the whole request behind what they have to say. */
const longestWords = 2_000
const deepest = 8

/** @param prompt all that was sent as messages, to compare with */
function readSaid({ code, text, body }: Pick<UpstreamFailure, 'code' | 'text' | 'body'>, prompt: string): Said {
  const found: Record<Field, string[]> = { parameter: [], code: code === undefined ? [] : [code], words: [] }
  collect(body, 'words', found, 0)
  const words = found.words.length > 0 ? found.words.join('\n') : text
  return {
    parameters: found.parameter,
    codes: found.code,
    words: withoutPrompt(withoutQuotations(words.slice(0, longestWords)), prompt),
  }
}

function collect(value: unknown, field: Field, found: Record<Field, string[]>, depth: number): void {
  if (depth > deepest || value === null || value === undefined) return
  if (typeof value === 'string') {
    const inner = /^\s*[[{]/.test(value) ? parseJson(value) : undefined
    if (inner !== undefined) collect(inner, field, found, depth + 1)
    else if (value !== '') found[field].push(value)
    return
  }
  if (Array.isArray(value)) {
    // FastAPI names a field by the way to it: ["body", "messages", 0, "role"].
    if (field === 'parameter') found.parameter.push(value.filter(part => part !== 'body').join('.'))
    else for (const entry of value.slice(0, 20)) collect(entry, field, found, depth + 1)
    return
  }
  if (typeof value !== 'object') return
  for (const [name, entry] of Object.entries(value)) {
    const kind = fields[name]
    if (kind) collect(entry, kind, found, depth + 1)
  }
}

/** Pydantic and FastAPI, as JSON or as Python writes it, repeat what they were sent under these names. */
const repeated =
  /(?:\binput_value=|['"]input['"]\s*:\s*)[\s\S]*?(?=,\s*(?:input_type=|['"](?:type|loc|msg|url|ctx)['"])|$)/g
const quotation = /(?<!\w)(["'`])(?=\S)((?:(?!\1(?!\w))[\s\S])*)(\1(?!\w)|$)/g
const severalWords = /\S+\s+\S+\s+\S/
/** An error inside an error is put in quotation marks too, behind the name of its field. */
const speechFollows = /(?:message|msg|error|detail|reason|description)["'`]?\s*[:=]\s*$/i
/** Scripts without spaces say more than a name in this many characters. */
const longestName = 60

function withoutQuotations(words: string, depth = 0): string {
  const unescaped = words.replace(/\\+(["'`])/g, '$1').replace(repeated, '')
  return unescaped.replace(quotation, (whole, mark: string, content: string, end: string, offset: number) => {
    if (depth < deepest && speechFollows.test(unescaped.slice(0, offset)))
      return `${mark}${withoutQuotations(content, depth + 1)}${mark}`
    // An apostrophe that nothing closes is no quotation.
    if (end === '' && mark !== '"') return whole
    return severalWords.test(content) || content.length > longestName ? `${mark}${mark}` : whole
  })
}

const wordsIn = (text: string) => [...text.toLowerCase().matchAll(/[\p{L}\p{N}_]+/gu)]
/** So many words in a row that also stand in the prompt are a quotation of it, with marks or without. */
const runLength = 4

function withoutPrompt(words: string, prompt: string): string {
  const said = wordsIn(words)
  if (prompt === '' || said.length < runLength) return words
  const runAt = (all: RegExpExecArray[], index: number) =>
    all
      .slice(index, index + runLength)
      .map(([word]) => word)
      .join(' ')
  const wanted = new Set(said.slice(runLength - 1).map((_, index) => runAt(said, index)))
  const asked = wordsIn(prompt)
  const common = new Set<string>()
  for (let index = 0; index + runLength <= asked.length; index++) {
    const run = runAt(asked, index)
    if (wanted.has(run)) common.add(run)
  }
  if (common.size === 0) return words
  const quoted = new Set<number>()
  for (let index = 0; index + runLength <= said.length; index++) {
    if (common.has(runAt(said, index))) for (let word = index; word < index + runLength; word++) quoted.add(word)
  }
  let rest = ''
  let end = 0
  said.forEach((word, index) => {
    if (!quoted.has(index)) return
    rest += words.slice(end, word.index)
    end = word.index + word[0].length
  })
  return rest + words.slice(end)
}
