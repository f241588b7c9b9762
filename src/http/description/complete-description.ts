import { scopeOf } from '../access.ts'
import { ndjson } from '../body/streamed-body.ts'
import { problems, problemType } from '../problem.ts'
import { examples, problemExamples } from './examples.ts'

interface Media {
  schema?: object
  examples?: object
}
interface Response {
  description?: string
  content?: Record<string, Media>
  headers?: Record<string, object>
}
interface Operation {
  operationId: string
  security?: object[]
  description?: string
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, Response>
}
export interface Described {
  paths?: Record<string, Record<string, Operation>>
  components?: { schemas?: Record<string, object>; securitySchemes?: object }
}

const header = (description: string, type = 'string') => ({ description, schema: { type } })
const seconds = (description: string) => header(description, 'integer')

const answerHeaders = {
  'x-tagsmith-model': header('What the endpoint calls the model that answered.'),
  'x-cache': header('`hit` when the answer was known from an earlier request, else `miss` or `bypass`.'),
  'server-timing': header('Milliseconds of the model, and of tagsmith itself.'),
}
const rateHeaders = {
  'ratelimit-limit': header('Requests a minute of a key that has a rate.', 'integer'),
  'ratelimit-remaining': header('How many of them are left.', 'integer'),
  'ratelimit-reset': seconds('Seconds until all of them are back.'),
}
const retryAfter = { 'retry-after': seconds('Seconds after which to come back.') }

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A key that `tagsmith keys new` made.' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
}

/** Answers that are streamed, which no schema of a route describes. */
const streamed: Record<string, Record<string, Response>> = {
  watchBatch: {
    200: { description: 'Events.', content: { 'text/event-stream': { schema: {} } } },
    204: { description: 'The batch has ended, as the Last-Event-ID knows.' },
  },
}

/** Adds to every operation what no route says for itself: keys, headers and examples. */
export function completeDescription(document: Described, { secured }: { secured: boolean }): Described {
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    const scope = scopeOf(path.replace(/\{(\w+)\}/g, ':$1'))
    for (const [method, operation] of Object.entries(operations)) {
      if (scope !== 'anyone') operation.responses = { ...problemsAtTheDoor(method), ...operation.responses }
      complete(operation, secured ? scope : 'anyone')
    }
  }
  return secured ? { ...document, components: { ...document.components, securitySchemes } } : document
}

/** Those that a request may meet before its route sees it. */
function problemsAtTheDoor(method: string): Record<string, Response> {
  const described = problems(401, 403, ...(method === 'post' ? [408] : []), 429, 431)
  const media = () => ({ [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } })
  return Object.fromEntries(
    Object.entries(described).map(([status, { description }]) => [status, { description, content: media() }]),
  )
}

function complete(operation: Operation, scope: string): void {
  operation.responses = { ...structuredClone(streamed[operation.operationId]), ...operation.responses }
  const known = examples[operation.operationId] ?? {}
  if (scope !== 'anyone') operation.security = [{ bearer: [] }, { apiKey: [] }]
  if (scope !== 'anyone') operation.description = `Takes a key with the scope \`${scope}\`.`
  const body = operation.requestBody?.content
  if (known.request && body?.['application/json']) body['application/json'].examples = known.request
  if (known.lines && body?.[ndjson]) body[ndjson].examples = known.lines
  for (const type of ['text/markdown', 'text/plain']) {
    if (body?.[type]) body[type].examples = { text: { value: '# retis\n\nTraces packets.' } }
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    response.headers = headersOf(operation.operationId, Number(status), scope)
    for (const [type, media] of Object.entries(response.content ?? {})) {
      const ownLines = type === ndjson ? known.answerLines : undefined
      const shown = type === problemType ? problemExamples(Number(status)) : (ownLines ?? known[status])
      if (shown) media.examples = shown
    }
  }
}

function headersOf(operationId: string, status: number, scope: string): Record<string, object> {
  return {
    'x-request-id': header('Yours when you sent one.'),
    ...(operationId === 'classify' && status === 200 ? answerHeaders : {}),
    ...(scope === 'classify' || scope === 'batch' ? rateHeaders : {}),
    ...(status === 401 ? { 'www-authenticate': header('Always `Bearer`.') } : {}),
    ...([429, 503, 504].includes(status) && operationId !== 'readyz' ? retryAfter : {}),
  }
}
