import { type Dialect, Rejection } from '../../support/fake-provider/dialect.ts'
import { loadDialect } from '../../support/fake-provider/dialect-files.ts'

const openai = loadDialect('openai')
const noFormat = Rejection.parse({ message: "response_format of type 'json_schema' is not supported" })
const tools = {
  ...openai,
  response_format: { json_schema: noFormat, loose_json_schema: noFormat, json_object: noFormat },
}
const { non_streaming } = loadDialect('streaming-only').parameters
const streamed = (dialect: Dialect): Dialect => ({ ...dialect, parameters: { ...dialect.parameters, non_streaming } })

/** The forms in which a request can be put, each with its part of the requests: some faults show in one form alone. */
export const lanes: readonly { readonly name: string; readonly dialect: Dialect; readonly share: number }[] = [
  { name: 'a schema', dialect: openai, share: 0.4 },
  { name: 'a schema, streamed', dialect: streamed(openai), share: 0.2 },
  { name: 'a tool', dialect: tools, share: 0.2 },
  { name: 'a tool, streamed', dialect: streamed(tools), share: 0.2 },
]
