import type { DetailedAnswer } from '../../core/classification.ts'
import type { ListedPrompt } from '../api.ts'
import { NumberField, Select } from '../fields.tsx'
import { Chip, count, dollars, Fault, type Mark, plural } from '../parts.tsx'
import { Figures, Scrolled } from '../table.tsx'
import type { Asked, ListedEndpoint, Question } from './asked.ts'
import { partsOf } from './seen-text.ts'

interface ColumnProps {
  readonly name: string
  readonly prompts: readonly ListedPrompt[]
  readonly endpoints: readonly ListedEndpoint[]
  readonly question: Question
  onChange(question: Question): void
}

export function QuestionForm({ name, prompts, endpoints, question, onChange }: ColumnProps) {
  return (
    <fieldset class="row">
      <legend>{name}</legend>
      <Select
        label="Prompt"
        value={question.prompt}
        options={[
          ['', prompts.find(prompt => prompt.is_default)?.name ?? 'the default'],
          ...prompts.filter(prompt => !prompt.is_default).map(prompt => [prompt.name, prompt.name] as const),
        ]}
        onPick={prompt => onChange({ ...question, prompt })}
      />
      {endpoints.length > 1 && (
        <Select
          label="Endpoint"
          value={question.endpoint}
          options={[['', 'the first that answers'], ...endpoints.map(endpointOption)]}
          onPick={endpoint => onChange({ ...question, endpoint })}
        />
      )}
      <NumberField
        label="Most tags"
        min={1}
        max={50}
        placeholder="3"
        value={question.maxTags}
        onInput={maxTags => onChange({ ...question, maxTags })}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={question.afresh}
          onChange={event => onChange({ ...question, afresh: event.currentTarget.checked })}
        />
        Ask anew, past the cache
      </label>
    </fieldset>
  )
}

const endpointOption = ({ name, model }: ListedEndpoint) =>
  [name, name.endsWith(model) ? name : `${name}, ${model}`] as const

interface AnswerProps {
  readonly name: string
  readonly text: string
  readonly asked: Asked
  /** The answer of the other column. */
  readonly other: DetailedAnswer | undefined
}

export function AnswerPanel({ name, text, asked, other }: AnswerProps) {
  const { answer, error, rendering, replies, time } = asked
  const details = answer?.details
  const theirs = new Set(other?.details.tags.map(({ id }) => id))
  const markOf = (id: string | number): Mark => (other === undefined || theirs.has(id) ? undefined : 'only here')
  return (
    <section class="card" aria-label={name}>
      <h2>{name}</h2>
      <Fault error={error} />
      {details && (
        <>
          {details.tags.length === 0 ? (
            <p>
              <strong>Nothing on the list fits.</strong>
            </p>
          ) : (
            <ul class="chips" aria-label="Tags">
              {details.tags.map(tag => (
                <Chip key={tag.id} {...tag} mark={markOf(tag.id)} />
              ))}
            </ul>
          )}
          {answer.needs_review && <p class="warn">This answer needs a look: it is less sure than was asked for.</p>}
          {details.attempts[0] && details.attempts[0].endpoint !== details.endpoint && (
            <p class="warn">
              {details.endpoint} stood in, as {details.attempts[0].endpoint} gave no answer.
            </p>
          )}
          {details.candidates.basis === 'guess' && (
            <p class="warn">Nothing was found to pick candidates by, so this says little.</p>
          )}
          {details.dropped.length > 0 && (
            <p>
              Dropped from the reply:{' '}
              {details.dropped.map(({ id, reason }) => `${id ?? 'a text'} (${reason.replace('_', ' ')})`).join(', ')}
            </p>
          )}
          <HowItCame {...{ details, time }} />
        </>
      )}
      {replies.map((reply, index) => (
        <details key={index}>
          <summary>
            Reply of the model{replies.length > 1 && ` ${index + 1} of ${replies.length}`}:{' '}
            {plural(reply.length, 'character')}
          </summary>
          <Scrolled class="pre" label={`Reply ${index + 1} of the model, as it was written`}>
            {reply}
          </Scrolled>
        </details>
      ))}
      {rendering && (
        <>
          <details>
            <summary>
              What the model saw of the text: {count(rendering.coverage.sent_bytes)} of{' '}
              {plural(rendering.coverage.total_bytes, 'byte')}
            </summary>
            {rendering.coverage.cut.length > 0 && (
              <p class="quiet">Cut: {rendering.coverage.cut.join(', ')}. Struck-through words were not sent.</p>
            )}
            <Scrolled class="pre" label="The text, with what was cut struck through">
              {partsOf(text, rendering.messages).map((part, index) =>
                part.isSent ? part.text : <del key={index}>{part.text}</del>,
              )}
            </Scrolled>
          </details>
          <details>
            <summary>
              Messages: {rendering.messages.length}, about {plural(rendering.size.estimated_tokens, 'token')}
            </summary>
            {rendering.messages.map(({ role, content }, index) => (
              <div key={index}>
                <h3>{role}</h3>
                <Scrolled class="pre" label={`Message of the ${role}`}>
                  {content}
                </Scrolled>
              </div>
            ))}
          </details>
          <details>
            <summary>Schema of the reply{details && `, sent as ${details.format.type}`}</summary>
            <Scrolled class="pre" label="Schema of the reply">
              {JSON.stringify(rendering.response_format, null, 1)}
            </Scrolled>
          </details>
        </>
      )}
    </section>
  )
}

/** People and engines that score write no reply. */
const writes = ({ format }: DetailedAnswer['details']) => !['local', 'decisions', 'systemone'].includes(format.type)

function HowItCame({ details, time }: { readonly details: DetailedAnswer['details']; readonly time: Asked['time'] }) {
  const { usage, attempts } = details
  const tokens = (value: number | null) => (value === null ? 'unknown' : count(value))
  const rows: readonly (readonly [string, string])[] = [
    ['Model', details.model === details.endpoint ? details.model : `${details.model} at ${details.endpoint}`],
    [
      'Answer',
      details.model === 'feedback'
        ? 'given by a person'
        : details.cached
          ? 'known already'
          : `asked ${attempts.length === 1 ? 'once' : `${attempts.length} times`}`,
    ],
    [
      'Tokens in',
      usage.input_tokens === null
        ? 'unknown'
        : `${tokens(usage.input_tokens)}${usage.cached_input_tokens ? `, of which cached ${count(usage.cached_input_tokens)}` : ''}`,
    ],
    ['Tokens out', tokens(usage.output_tokens)],
    ['Cost', dollars(details.cost_usd)],
    [
      'Time',
      `${Math.round(time.total)} ms${time.model === undefined ? '' : `, of which the model ${Math.round(time.model)} ms`}`,
    ],
    ['Candidates', `${count(details.candidates.shown)} of ${plural(details.candidates.listed, 'tag')}`],
    ['Prompt', details.prompt.replace('@', ', version ')],
    ...(details.cached && writes(details) ? [['Reply', 'none: ask anew, past the cache, to see one'] as const] : []),
  ]
  return (
    <>
      <Figures rows={rows} />
      {attempts.length > 1 && (
        <details>
          <summary>{plural(attempts.length, 'call')}</summary>
          <ol>
            {attempts.map((attempt, index) => (
              <li key={index}>
                {attempt.model}: {attempt.result}, {Math.round(attempt.elapsed_ms)} ms
              </li>
            ))}
          </ol>
        </details>
      )}
    </>
  )
}
