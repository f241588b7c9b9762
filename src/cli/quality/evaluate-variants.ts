import type { Services } from '../../compose.ts'
import { ServiceError } from '../../core/outcome.ts'
import { readTags } from '../input.ts'
import type { Terminal } from '../terminal.ts'

type Confirmed = (request: ReturnType<Services['tasks']['read']>) => Parameters<Services['tasks']['taught']>[1]

export interface VariantFlags {
  readonly prompt: readonly string[]
  readonly endpoint: readonly string[]
  readonly list?: string
  readonly orders: number
}

/** Every prompt with every endpoint and order, over the recipe of `/classify`. */
export async function createVariants(
  flags: VariantFlags,
  { services, confirmed, terminal }: { services: Services; confirmed: Confirmed; terminal: Terminal },
) {
  const [{ chooseEndpoint }, { nameOfOrder }, { costOf }] = await Promise.all([
    import('../../core/endpoint-names.ts'),
    import('../../prompts/index.ts'),
    import('../../core/usage.ts'),
  ])
  const { tasks, endpoints, ranker, recipe, classifier, confidenceSettings: settings } = services
  const tags = flags.list === undefined ? undefined : (await readTags(flags.list, terminal)).tags
  const asked = flags.prompt.length > 0 ? flags.prompt : [undefined]
  const places = flags.endpoint.length > 0 ? flags.endpoint : [undefined]
  const orders = [undefined, ...Array.from({ length: flags.orders }, (_, order) => order + 1)]
  const ways = asked.flatMap(name => places.flatMap(endpoint => orders.map(order => ({ name, endpoint, order }))))
  const usual = tasks.read({ text: 'A text to try the settings with.' }).prompt.name
  return ways.map(({ name: named, endpoint, order }) => {
    const prompt = order === undefined ? named : nameOfOrder(named ?? usual, order)
    const chosenFrom = endpoints.includes(ranker) ? endpoints : [...endpoints, ranker]
    const only = endpoint === undefined ? undefined : chooseEndpoint(chosenFrom, endpoint)
    const { model, name: where } = only ?? endpoints[0]
    const request = (text: string) => ({ text, ...(prompt !== undefined && { prompt }), ...(tags && { tags }) })
    const { prompt: known, tagList } = tasks.read(request('A text to try the settings with.'), {})
    const chosen = known.settings.model ?? model
    return {
      name: `${known.name}, ${chosen === where ? chosen : `${chosen} at ${where}`}`,
      ...{ list: tagList, order },
      of: { endpoint: where, model: chosen, prompt: known.version, tag_list: tagList.version, settings },
      prepare({ text }: { readonly text: string }) {
        const read = tasks.read(request(text), { wantConfidence: true })
        const task = tasks.complete(tasks.taught(read, confirmed(read)))
        return {
          key: recipe.knownAnswers.keyOf(task, only),
          shortlist: task.choices.tags.map(({ id }) => String(id)),
        }
      },
      async ask({ text }: { readonly text: string }, signal: AbortSignal) {
        const start = performance.now()
        const told = { signal, account: 'evaluation', wantConfidence: true, background: true, endpoint }
        try {
          const { details } = await classifier.classify(request(text), told)
          return askedOf(details, performance.now() - start)
        } catch (error) {
          if (!(error instanceof ServiceError) || signal.aborted) throw error
          return {
            ...{ outcome: error.code, tags: [], model: chosen, endpoint: where },
            ...{ input_tokens: null, output_tokens: null, cost_usd: costOf(error.attempts) },
            ...{ elapsed_ms: performance.now() - start, calls: error.attempts.length, asked_again: false },
          }
        }
      },
    }
  })
}

type Details = Awaited<ReturnType<Services['classifier']['classify']>>['details']

const askedOf = ({ outcome, tags, model, endpoint, usage, cost_usd, attempts, format }: Details, elapsed: number) => ({
  ...{ outcome, model, endpoint, cost_usd: format.type === 'local' ? 0 : cost_usd, elapsed_ms: elapsed },
  tags: tags.map(({ id, confidence }) => ({ id, confidence })),
  ...{ input_tokens: usage.input_tokens, output_tokens: usage.output_tokens, calls: attempts.length },
  asked_again: attempts.filter(({ result }) => result === 'reply').length > 1,
})
