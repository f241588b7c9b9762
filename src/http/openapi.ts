import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { stringify } from 'yaml'
import { errorCodes, outcomes } from '../core/outcome.ts'
import { scopeOf } from './access.ts'
import { exampleOfProblem, problems, problemType } from './problem.ts'

/** Has to be registered before the routes it describes. */
export async function describeRoutes(
  app: FastifyInstance,
  { version, secured }: { version: string; secured: boolean },
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'tagsmith',
        version,
        description: 'Gives a text at most three tags from a closed list.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'classify', description: 'Tags for a text.' },
        { name: 'batches', description: 'Tags for many texts, durably.' },
        { name: 'prompts', description: 'What a model is asked.' },
        { name: 'feedback', description: 'What people say of answers.' },
        { name: 'operations', description: 'Probes and metrics.' },
      ],
    },
    transform,
    transformObject,
  })
  // Asked for only when every route is known; written once, as that takes a while and anyone may ask.
  const described = once(() => completeDescription(structuredClone(app.swagger()) as unknown as Described, { secured }))
  const json = once(() => JSON.stringify(described()))
  const yaml = once(() => stringify(described()))
  const sendJson = (reply: FastifyReply) =>
    reply.type('application/json; charset=utf-8').serializer(String).send(json())
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // The bar on top holds a drawing with styles of its own, which the content security policy stops.
    uiConfig: { layout: 'BaseLayout' },
    theme: { js: [{ filename: 'trusted-types.js', content: takesSanitized }] },
    uiHooks: {
      // In the place of its own handlers, which write the document anew each time.
      onRequest({ routeOptions: { url } }, reply, done) {
        if (url === '/docs/json') sendJson(reply)
        else if (url === '/docs/yaml') reply.type('application/x-yaml').send(yaml())
        else done()
      },
    },
  })
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => sendJson(reply))
}

/**
 * Swagger UI sanitizes the Markdown of the description and hands it to the page as a string, which a policy has to take.
 * Of scripts and their addresses none is taken, and the content security policy runs none that stands in markup.
 */
const takesSanitized = "window.trustedTypes?.createPolicy('default', { createHTML: html => html })"

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

/** Every schema comes twice, as it is sent and as it is received; what no route leads to is left out. */
const transformObject: typeof jsonSchemaTransformObject = document => {
  const described = jsonSchemaTransformObject(document) as Described
  const schemas = described.components?.schemas ?? {}
  // A shape that changes what it reads is described without its examples, which are of either side here.
  for (const [name, schema] of Object.entries(schemas)) {
    const sent = schemas[name.replace(/Input$/, '')]
    if (sent && 'examples' in sent) Object.assign(schema, { examples: sent.examples })
  }
  const used = new Set<string>()
  const follow = (value: unknown): void => {
    for (const [, name] of JSON.stringify(value ?? null).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name === undefined || used.has(name)) continue
      used.add(name)
      follow(schemas[name])
    }
  }
  follow(described.paths)
  // By name, as they come in the order in which the files of this service were loaded.
  const kept = Object.entries(schemas)
    .filter(([name]) => used.has(name))
    .sort(([left], [right]) => (left < right ? -1 : 1))
  return { ...described, components: { ...described.components, schemas: Object.fromEntries(kept) } } as ReturnType<
    typeof jsonSchemaTransformObject
  >
}

/** The type provider knows one schema for a body; this gives it those of each content type in turn. */
const transform: typeof jsonSchemaTransform = document => {
  const content = (document.schema?.body as { content?: Record<string, { schema: unknown }> } | undefined)?.content
  if (content === undefined) return jsonSchemaTransform(document)
  const bodies = Object.entries(content).map(([type, { schema: body }]) => {
    const { schema } = jsonSchemaTransform({ ...document, schema: { ...document.schema, body } })
    return [type, { schema: schema.body }]
  })
  const { schema, url } = jsonSchemaTransform({ ...document, schema: { ...document.schema, body: undefined } })
  return { schema: { ...schema, body: { content: Object.fromEntries(bodies) } }, url }
}

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
interface Described {
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
function completeDescription(document: Described, { secured }: { secured: boolean }): Described {
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
