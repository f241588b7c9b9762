import { afterEach, expect, test } from 'vitest'
import { expectations } from './fake-provider/dialect-files.ts'
import { type FakeProvider, startFakeProvider } from './fake-provider/server.ts'

const ids = Array.from({ length: 40 }, (_, index) => index * 3 + 1)
const system = `Answer in JSON like {"tags":[1,4]}.\n${ids.map(id => `${id}\ttag ${id}`).join('\n')}`

type Fields = Record<string, unknown>
interface Step {
  type: 'json_schema' | 'tool' | 'json_object' | 'prompt'
  strict: boolean
  enum: boolean
  omitted: string[]
  fields: Fields
  repairs: string[]
}

const schemaOf = (step: Step, values = ids): Fields => {
  const items = { type: 'integer', ...(step.enum ? { enum: values } : {}) }
  const tags = { type: 'array', items, ...(step.omitted.includes('maxItems') ? {} : { maxItems: 3 }) }
  return { type: 'object', properties: { tags }, required: ['tags'], additionalProperties: false }
}

function formatOf(step: Step, values = ids): Fields {
  const strict = step.strict ? { strict: true } : {}
  const schema = schemaOf(step, values)
  const tool = { name: 'pick_tags', ...strict, parameters: schema }
  if (step.type === 'json_schema')
    return { response_format: { type: 'json_schema', json_schema: { name: 'tags', ...strict, schema } } }
  if (step.type === 'json_object') return { response_format: { type: 'json_object' } }
  if (step.type === 'prompt') return {}
  return {
    tools: [{ type: 'function', function: tool }],
    tool_choice: { type: 'function', function: { name: 'pick_tags' } },
  }
}

/** The plainest client that follows the ladder: one change after each refusal, none where a refusal is final. */
function nextStep(step: Step, text: string): Step | undefined {
  const repaired = (name: string, fields: Fields) => ({ ...step, fields, repairs: [...step.repairs, name] })
  const { max_tokens, temperature, ...rest } = step.fields
  if (/content_filter/u.test(text)) return undefined
  if (/stream mode/u.test(text)) return repaired('stream', { ...step.fields, stream: true })
  if (/parameter: 'max_tokens'/u.test(text))
    return repaired('max_tokens', { ...rest, temperature, max_completion_tokens: max_tokens })
  if (/'temperature' does not support/u.test(text))
    return repaired('temperature', { ...step.fields, temperature: undefined })
  const keyword = /'(\w+)' is not permitted/u.exec(text)?.[1]
  if (keyword) return { ...step, omitted: [...step.omitted, keyword] }
  if (/too many states|enum values/u.test(text)) return { ...step, enum: false }
  if (/\bstrict\b/u.test(text) && step.type === 'json_schema') return { ...step, strict: false }
  if (step.type === 'json_schema') return { ...step, type: 'tool' }
  if (step.type === 'tool') return { ...step, type: 'json_object' }
  return step.type === 'json_object' ? { ...step, type: 'prompt' } : undefined
}

let provider: FakeProvider
afterEach(() => provider.close())

async function ask(model: string, step: Step, document: string, values = ids) {
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content: document },
  ]
  const body = { model, messages, ...formatOf(step, values), ...step.fields }
  const response = await fetch(`${provider.url}/chat/completions`, { method: 'POST', body: JSON.stringify(body) })
  return { ok: response.ok, text: await response.text() }
}

async function walk(model: string): Promise<{ step: Step | undefined; calls: number }> {
  const fields = { max_tokens: 64, temperature: 0 }
  let step: Step | undefined = { type: 'json_schema', strict: true, enum: true, omitted: [], fields, repairs: [] }
  for (let calls = 1; ; calls++) {
    const { ok, text } = await ask(model, step, 'a first document')
    if (ok) return { step, calls }
    const next: Step | undefined = nextStep(step, text)
    if (!next) return { step: undefined, calls }
    step = next
  }
}

function idsIn(text: string): number[] | undefined {
  const streamed = text.startsWith('data: ')
  const content = streamed
    ? Array.from(text.matchAll(/"delta":\{"content":("(?:[^"\\]|\\.)*")/gu), match => JSON.parse(match[1]!)).join('')
    : messageText(JSON.parse(text).choices[0].message)
  try {
    return JSON.parse(content).tags
  } catch {
    return undefined
  }
}

function messageText(message: Fields): string {
  const { content } = message as { content: string | { type: string; text?: string }[] }
  return Array.isArray(content) ? content.map(part => part.text ?? '').join('') : content
}

test.each(expectations())(
  '$dialect, $model: the ladder ends where the file says',
  async ({ dialect, model, expect: wanted }) => {
    provider = await startFakeProvider({ dialect })
    const { step, calls } = await walk(model)
    expect(calls).toBe(wanted.first_calls)
    expect(provider.count()).toBe(wanted.first_calls)
    if (wanted.outcome !== 'ok') return expect(step).toBeUndefined()
    const { type, strict, enum: listed, omitted = [] } = wanted.format!
    expect(step).toMatchObject({ type, omitted, repairs: wanted.repairs })
    if (type === 'json_schema') expect(step).toMatchObject({ strict, enum: listed })

    const second = await ask(model, step!, 'a second document')
    expect(second.ok).toBe(true)
    expect(provider.count() - calls).toBe(wanted.next_calls)

    if (type !== 'json_schema') return
    const canary = await ask(model, step!, 'a third document', [4])
    if (wanted.enforced) expect(idsIn(canary.text)).toEqual([4])
    else expect(idsIn(canary.text)).not.toEqual([4])
  },
)
