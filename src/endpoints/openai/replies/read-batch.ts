import { z } from 'zod'
import { parseJson } from '../../../core/json-fault.ts'
import type { UpstreamFailure } from '../../../core/model/engine.ts'
import type { ProviderBatch, ProviderLine } from '../../../core/model/provider-batches.ts'
import { readCompletion } from './read-completion.ts'

const fileId = z.string().min(1).nullish().catch(null)

/** As much of a batch as is looked at. */
export const WireBatch = z.looseObject({
  id: z.string().min(1),
  status: z.string(),
  input_file_id: fileId,
  output_file_id: fileId,
  error_file_id: fileId,
  metadata: z.record(z.string(), z.unknown()).nullish().catch(null),
  errors: z
    .looseObject({ data: z.array(z.looseObject({ code: z.string().nullish().catch(null) })).nullish() })
    .nullish()
    .catch(null),
})
export type WireBatch = z.infer<typeof WireBatch>

export const WireList = z.looseObject({ data: z.array(z.unknown()), has_more: z.boolean().nullish() })

const phases: Readonly<Record<string, ProviderBatch['phase']>> = {
  completed: 'ended',
  expired: 'ended',
  failed: 'refused',
  cancelling: 'cancelling',
  cancelled: 'cancelled',
}

export const readProviderBatch = ({ id, status, output_file_id, error_file_id, errors }: WireBatch): ProviderBatch => ({
  id,
  phase: phases[status.toLowerCase()] ?? 'running',
  // It is logged, and what is more than a word may quote the file.
  reason: /^[\w.:-]{1,64}$/.exec(errors?.data?.[0]?.code ?? '')?.[0],
  files: [output_file_id, error_file_id].filter(file => file != null),
})

const WireError = z.looseObject({ code: z.string().nullish().catch(null), message: z.string().nullish().catch(null) })
const WireLine = z.looseObject({
  custom_id: z.string(),
  response: z.looseObject({ status_code: z.int().nullish(), body: z.unknown() }).nullish().catch(null),
  error: WireError.nullish().catch(null),
})
const ErrorBody = z.looseObject({ error: WireError }).transform(({ error }) => error)

/** A line of an output or error file; undefined for one that cannot be read. */
export function readBatchLine(text: string | undefined, model: string): ProviderLine | undefined {
  const line = WireLine.safeParse(parseJson(text ?? ''))
  if (!line.success) return undefined
  const { custom_id: customId, response, error } = line.data
  const status = response?.status_code ?? 200
  if (response && !error && status < 400)
    return { customId, result: readCompletion(response.body, { model, headers: undefined }) }
  const { code, message } = error ?? ErrorBody.safeParse(response?.body).data ?? {}
  const said = { code: code ?? undefined, text: message ?? '', body: response?.body, headers: undefined }
  // Without a response it was never run: its batch expired, was cancelled or broke.
  const failure: UpstreamFailure =
    response && status >= 400 ? { kind: 'status', status, ...said } : { kind: 'timeout', status: undefined, ...said }
  return { customId, result: { ok: false, failure } }
}
