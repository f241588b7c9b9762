import type { Finding } from '../answers/index.ts'
import type { Calibrations, CertaintyPromise } from '../core/calibration.ts'
import type { Endpoint } from '../core/model/endpoint.ts'
import type { ReadRequest, Task } from '../core/model/task.ts'
import { ServiceError } from '../core/outcome.ts'
import type { Attempt } from '../core/usage.ts'
import { askForTags, findingBy, type TagOptions } from './ask-for-tags.ts'
import { isSure, weighed } from './certainty.ts'

export interface CheapModeOptions {
  readonly ranker: Endpoint
  readonly calibrations: Calibrations
}

interface CheapOptions extends Omit<TagOptions, 'model' | 'onAttempt'> {
  readonly rejected: ReadonlySet<string>
}

export type CheapMode = ReturnType<typeof createCheapMode>

/** The embedded ranker in the place of the model, where it was found to be right often enough. */
export function createCheapMode({ ranker, calibrations }: CheapModeOptions) {
  const measured = ({ prompt, tagList }: Pick<ReadRequest, 'prompt' | 'tagList'>) =>
    calibrations.of({ endpoint: ranker.name, model: ranker.model, prompt: prompt.version, tagList: tagList.version })

  /** @throws ServiceError not_calibrated where nobody measured how often the ranker is right */
  function promiseOf(request: Pick<ReadRequest, 'prompt' | 'tagList'>): CertaintyPromise {
    const calibration = measured(request)
    if (calibration?.promise) return calibration.promise
    const { prompt } = request
    const commands = `tagsmith evaluate gold.jsonl --endpoint ${ranker.name} --prompt ${prompt.name} --json run.json, then tagsmith calibrate run.json --error 0.1`
    const what = calibration
      ? 'The embedded ranker was measured, and is not right often enough at any certainty: take a larger --error, or more labelled texts'
      : 'The cheap mode needs to know when the embedded ranker is right, and nobody measured that for this prompt and list'
    throw new ServiceError('not_calibrated', `${what}. Run ${commands}.`)
  }

  /** What the ranker finds, where it is sure enough of all of it; undefined where the model is to be asked. */
  async function answer(task: Task, { rejected, ...options }: CheapOptions): Promise<Finding | undefined> {
    const { least, error, wrong } = promiseOf(task)
    const attempts: Attempt[] = []
    // It costs nothing, so that the cost of a batch that it shares with a model is known.
    const onAttempt = (attempt: Attempt) => void attempts.push({ ...attempt, cost_usd: 0 })
    const found = await askForTags(ranker, task, { ...options, model: undefined, onAttempt })
    const cheap = { most_wrong: error, expected_wrong: wrong }
    const finding: Finding = { ...findingBy(found, attempts), cheap }
    const isRejected = finding.tags.some(({ id }) => rejected.has(String(id)))
    return !isRejected && isSure(weighed(finding, task, calibrations).tags, least) ? finding : undefined
  }

  return {
    ...{ promiseOf, answer },
    /** Whether the model would be spared a text, for estimates. */
    async spares(task: Task): Promise<boolean> {
      const { signal } = new AbortController()
      const source = { caller: 'estimate', text: task.document.digest }
      const terms = { source, signal, deadline: Number.POSITIVE_INFINITY, tokenCap: 0, rejected: new Set<string>() }
      return (await answer(task, terms)) !== undefined
    },
    /** For reports: what is known of it, which may be nothing any more. */
    terms(request: Pick<ReadRequest, 'prompt' | 'tagList'>) {
      const found = measured(request)?.promise
      return { ranker: ranker.name, error: found?.error ?? null, wrong: found?.wrong ?? null }
    },
  }
}
