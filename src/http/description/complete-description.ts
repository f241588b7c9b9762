import { errorCodes, outcomes } from '../../core/outcome.ts'
import { scopeOf } from '../access.ts'
import { exampleOfProblem, problems, problemType } from '../problem.ts'

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
    200: {
      description: 'Events.',
      content: { 'text/event-stream': { schema: { examples: ['id: 1\nevent: batch\ndata: {…}\n\n'] } } },
    },
    204: { description: 'The batch has ended, as the Last-Event-ID knows.' },
  },
}

/** Adds to every operation what no route says for itself: keys, headers, and what each problem looks like. */
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
  if (scope !== 'anyone') operation.security = [{ bearer: [] }, { apiKey: [] }]
  if (scope !== 'anyone') operation.description = `Takes a key with the scope \`${scope}\`.`
  for (const [status, response] of Object.entries(operation.responses)) {
    response.headers = headersOf(operation.operationId, Number(status), scope)
    const problem = response.content?.[problemType]
    if (problem) problem.examples = problemExamples(Number(status))
  }
}

/** One for each code that a status stands for. */
const problemExamples = (status: number) =>
  Object.fromEntries(
    errorCodes.filter(code => outcomes[code].status === status).map(code => [code, { value: exampleOfProblem(code) }]),
  )

function headersOf(operationId: string, status: number, scope: string): Record<string, object> {
  return {
    'x-request-id': header('Yours when you sent one.'),
    ...(operationId === 'classify' && status === 200 ? answerHeaders : {}),
    ...(scope === 'classify' || scope === 'batch' ? rateHeaders : {}),
    ...(status === 401 ? { 'www-authenticate': header('Always `Bearer`.') } : {}),
    ...([429, 503, 504].includes(status) && operationId !== 'readyz' ? retryAfter : {}),
  }
}
