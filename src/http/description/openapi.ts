import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { stringify } from 'yaml'
import { completeDescription, type Described } from './complete-description.ts'

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
  const kept = Object.entries(schemas).filter(([name]) => used.has(name))
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
