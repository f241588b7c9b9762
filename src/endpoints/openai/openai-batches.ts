import { createLineSplitter } from '../../core/lines/pieces.ts'
import { type ProviderBatches, type ProviderFailure, providerFailure } from '../../core/model/provider-batches.ts'
import { judge } from '../upstream-failure.ts'
import { createBoundedFetch } from './bounded-fetch.ts'
import { type Access, clientOptions, WholeErrorClient } from './lean-client.ts'
import { batchesOf, extraOf } from './provider-profiles.ts'
import { readBatchLine, readProviderBatch, WireBatch, WireList } from './replies/read-batch.ts'
import { requestBody } from './request-body.ts'
import { failureOf } from './sdk-errors.ts'

export interface OpenAiBatchesOptions extends Access {
  readonly model: string
  /** What the operator knows better than the table. */
  readonly priceShare?: number | undefined
}

const lineLimit = 16_777_216
const replyLimit = 16_777_216
const pageSize = 100
const mostPages = 20
/** Files are long, and are read as fast as their lines are stored. */
const fileTimeout = 3_600_000
const absent: readonly (number | undefined)[] = [400, 404, 405, 501]

/** The Batch API as OpenAI defined it and others took it over, through the openai SDK. */
export function createOpenAiBatches({ model, priceShare: own, ...access }: OpenAiBatchesOptions): ProviderBatches {
  const { baseUrl } = access
  const short = createBoundedFetch({ replyLimit, milliseconds: access.timeout })
  const upload = createBoundedFetch({ replyLimit, milliseconds: fileTimeout })
  // A file of replies may be of any length; its lines may not.
  const download = createBoundedFetch({
    ...{ replyLimit: Number.POSITIVE_INFINITY, milliseconds: fileTimeout, redirect: 'follow' },
  })
  const client = new WholeErrorClient({
    ...clientOptions(access),
    fetch: (input, init) => {
      const address = String(input)
      const ask = address.endsWith('/content') ? download : address.endsWith('/files') ? upload : short
      return ask(input, init)
    },
  })
  const endpoint = new URL(baseUrl).host
  const extra = extraOf(baseUrl)
  const { path = '/v1/chat/completions', priceShare } = batchesOf(baseUrl)

  /** The SDK's errors as failures; an abort stays what it is. */
  async function call<Result>(work: () => PromiseLike<Result>, { signal }: { signal: AbortSignal }): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const failure = failureOf(error)
      throw providerFailure(failure, judge(failure))
    }
  }
  const statusOf = (error: unknown) => (error as Partial<ProviderFailure>).failure?.status
  const post = (address: string, options: { signal: AbortSignal; body?: object }) =>
    call(async () => readProviderBatch(WireBatch.parse(await client.post(address, options))), options)
  const list = (after: string | undefined, options: { signal: AbortSignal; limit: number }) =>
    call(
      () =>
        client.get<unknown>('/batches', {
          query: { limit: options.limit, ...(after !== undefined && { after }) },
          signal: options.signal,
        }),
      options,
    )

  return {
    endpoint,
    model,
    priceShare: own ?? priceShare,
    async probe({ signal }) {
      try {
        if (WireList.safeParse(await list(undefined, { signal, limit: 1 })).success) return undefined
        return `The batches of ${endpoint} are not those of the OpenAI Batch API.`
      } catch (error) {
        const status = statusOf(error)
        if (!absent.includes(status)) throw error
        return `${endpoint} has no Batch API (GET /batches: ${status}).`
      }
    },
    lineOf(custom_id, question) {
      const body = requestBody({ ...question, form: { ...question.form, stream: false } }, extra)
      const head = `{"custom_id":${JSON.stringify(custom_id)},"method":"POST","url":"${path}","body":`
      return Buffer.concat([Buffer.from(head), body, Buffer.from('}\n')])
    },
    upload: (lines, { signal }) =>
      call(
        async () => {
          const file = new File([...lines], 'tagsmith.jsonl', { type: 'application/jsonl' })
          return (await client.files.create({ file, purpose: 'batch' }, { signal, timeout: fileTimeout })).id
        },
        { signal },
      ),
    create: ({ key, inputFile }, { signal }) =>
      post('/batches', {
        signal,
        body: {
          input_file_id: inputFile,
          endpoint: path,
          completion_window: '24h',
          metadata: { tagsmith_submission: key },
        },
      }),
    async find({ key, inputFile }, { signal }) {
      let after: string | undefined
      for (let page = 0; page < mostPages; page += 1) {
        const listed = await list(after, { signal, limit: pageSize })
        const { data, has_more } = await call(async () => WireList.parse(listed), { signal })
        const batches = data.flatMap(entry => WireBatch.safeParse(entry).data ?? [])
        const ours = batches.find(
          ({ metadata, input_file_id }) => metadata?.tagsmith_submission === key || input_file_id === inputFile,
        )
        if (ours) return readProviderBatch(ours)
        after = batches.at(-1)?.id
        if (!has_more || after === undefined) return undefined
      }
      return undefined
    },
    read: (id, { signal }) =>
      call(
        async () =>
          readProviderBatch(WireBatch.parse(await client.get(`/batches/${encodeURIComponent(id)}`, { signal }))),
        { signal },
      ),
    async cancel(id, { signal }) {
      await post(`/batches/${encodeURIComponent(id)}/cancel`, { signal })
    },
    async *linesIn(file, { signal }) {
      const splitter = createLineSplitter({ limit: lineLimit })
      try {
        const response = await client.files.content(file, { signal, timeout: fileTimeout })
        for await (const chunk of response.body ?? [])
          for (const { text } of splitter.push(chunk)) yield readBatchLine(text, model)
        for (const { text } of splitter.end()) yield readBatchLine(text, model)
      } catch (error) {
        if (signal.aborted) throw signal.reason
        const failure = failureOf(error)
        if (failure.status !== 404) throw providerFailure(failure, judge(failure))
      }
    },
    async deleteFile(file, { signal }) {
      await call(() => client.files.delete(file, { signal }), { signal }).catch(error => {
        if (!absent.includes(statusOf(error))) throw error
      })
    },
  }
}
