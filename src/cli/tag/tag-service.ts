import { createClient, TagsmithError } from '../../client/index.ts'
import type { Config } from '../../config.ts'
import type { BatchEstimate } from '../../core/batch/batch-report.ts'
import type { ClassifyRequest } from '../../core/classification.ts'
import type { Classifier } from '../../core/classifier.ts'
import { type ErrorCode, outcomes, ServiceError } from '../../core/outcome.ts'
import { readTagList, type TagList } from '../../core/tags/tag-list.ts'

/** The tag list, the prompt and the most tags, where they are not those of the service. */
export type TagSettings = Pick<ClassifyRequest, 'tags' | 'prompt' | 'max_tags' | 'mode'>

/** Who answers the texts of a catalogue: the service in this process, or one that runs somewhere. */
export interface TagService {
  readonly classifier: Classifier
  readonly tagList: TagList
  /** The version of the prompt. */
  readonly prompt: string
  /** A hash of who is asked. */
  readonly engine: string
  readonly maxTags: number
  /** Whether it is known that no answer costs anything. */
  readonly isFree: boolean
  /** What it would cost to ask about these lines of NDJSON. */
  estimate(lines: AsyncIterable<Uint8Array>): Promise<BatchEstimate>
}

/** @throws ServiceError or ConfigError for settings that no text could be asked about under */
export async function openOwnService(config: Config, settings: TagSettings): Promise<TagService> {
  const [{ createServices }, { createEstimates }] = await Promise.all([
    import('../../compose.ts'),
    import('../../batches/index.ts'),
  ])
  const { classifier, tasks, recipe, endpoints, engine, prices, prompts } = await createServices(config)
  if (settings.prompt !== undefined && !prompts.has(settings.prompt))
    throw unknownPrompt(config.PROMPTS_DIR, settings.prompt, [...prompts.keys()])
  const { prompt, tagList, maxTags } = tasks.read({ ...settings, text: 'A text that stands for any other.' })
  const estimate = createEstimates({
    ...{ ...recipe, endpoints, prices: { live: prices, provider: prices } },
    ...{ check: async () => undefined, entryLimit: Number.POSITIVE_INFINITY },
  })
  return {
    ...{ classifier, tagList, prompt: prompt.version, engine, maxTags },
    isFree: config.upstreams.length === 0,
    estimate: body => estimate({ settings, strict: true, body }),
  }
}

export interface RunningServiceOptions {
  readonly url: string
  readonly apiKey: string | undefined
  /** The most milliseconds in which nothing is heard of a text. */
  readonly timeout: number
}

/** @throws TagsmithError when it does not answer; ServiceError for a prompt that it does not have */
export async function openRunningService(
  { url, apiKey, timeout }: RunningServiceOptions,
  settings: TagSettings,
): Promise<TagService> {
  const client = createClient({ url, apiKey, timeout, retries: 2 })
  const { data, engine } = await client.prompts.list()
  const prompt = data.find(({ name, is_default }) =>
    settings.prompt === undefined ? is_default : name === settings.prompt,
  )
  if (!prompt)
    throw unknownPrompt(
      url,
      settings.prompt,
      data.map(({ name }) => name),
    )
  const { list } = readTagList(settings.tags ?? (await client.prompts.tags(prompt.name)).tags)
  return {
    ...{ tagList: list!, prompt: prompt.version, engine, isFree: false },
    maxTags: settings.max_tags ?? prompt.settings.max_tags,
    classifier: {
      async classify(request, { signal }) {
        try {
          const { details, ...answer } = await client.classifyInBackground(request, { signal })
          return { answer, details, cache: details.cached ? 'hit' : 'miss', modelTime: 0 }
        } catch (error) {
          throw asServiceError(error)
        }
      },
    },
    estimate: lines => client.batches.estimate(ReadableStream.from(withSettings(lines, settings)) as ReadableStream),
  }
}

const unknownPrompt = (where: string, name: string | undefined, names: readonly string[]) =>
  new ServiceError('unknown_prompt', `${where} has no prompt ${name}, only ${names.join(', ')}.`)

async function* withSettings(
  lines: AsyncIterable<Uint8Array>,
  settings: TagSettings,
): AsyncGenerator<Uint8Array, undefined> {
  yield Buffer.from(`${JSON.stringify({ batch: settings })}\n`)
  yield* lines
}

/** What the service says, in its own words; what happened on the way to it may pass, as a failure of an endpoint may. */
function asServiceError(error: unknown): unknown {
  if (!(error instanceof TagsmithError)) return error
  const { code, message, retryable, retryAfter } = error
  const isOwn = (word: string): word is ErrorCode => word in outcomes
  const ownCode = isOwn(code) ? code : retryable ? 'upstream_unavailable' : 'upstream_config'
  return new ServiceError(ownCode, message, { cause: error, ...(retryAfter !== undefined && { retryAfter }) })
}
