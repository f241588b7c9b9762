import { useState } from 'preact/hooks'
import type { DetailedAnswer } from '../../core/classification.ts'
import { plural } from '../parts.tsx'

const ranker = 'embedded-ranker'

function inWords([left, right]: readonly (DetailedAnswer | undefined)[]): string {
  if (left === undefined || right === undefined) return 'One column has no answer, so there is nothing to compare.'
  const isRanked = left.details.endpoint === ranker && right.details.endpoint === ranker
  const without = isRanked
    ? ' The embedded ranker answered both: it reads no prompt, so plug in a model to compare prompts.'
    : ''
  const other = new Set(right.tags)
  const shared = left.tags.filter(id => other.has(id)).length
  if (shared === left.tags.length && shared === right.tags.length) return `Both columns gave the same tags.${without}`
  return `The columns share ${plural(shared, 'tag')}; A alone gave ${left.tags.length - shared}, B alone ${right.tags.length - shared}.${without}`
}

const choices = ['A is better', 'B is better', 'Neither is'] as const
type Choice = (typeof choices)[number]

interface ComparisonProps {
  readonly text: string
  /** What the text is called, where it is one of several. */
  readonly title: string | undefined
  readonly answers: readonly (DetailedAnswer | undefined)[]
  /** What is compared, the same for as long as the two questions are. */
  readonly names: readonly [string, string]
}

/** The two answers in a sentence, and over the texts that were looked at, which of the two a person thinks better. */
export function Comparison({ text, title, answers, names }: ComparisonProps) {
  const [given, setGiven] = useState<ReadonlyMap<string, Choice>>(new Map())
  const number = (choice: Choice) => [...given.values()].filter(other => other === choice).length
  const [better, worse, alike] = choices.map(number)
  return (
    <div class="card stack">
      <p class="verdict">
        {title && `${title}: `}
        {inWords(answers)}
      </p>
      {answers.every(answer => answer !== undefined) && (
        <fieldset class="row">
          <legend>Which is better for this text?</legend>
          {choices.map(choice => (
            <button
              type="button"
              key={choice}
              aria-pressed={given.get(text) === choice}
              onClick={() => setGiven(new Map(given).set(text, choice))}
            >
              {choice}
            </button>
          ))}
        </fieldset>
      )}
      {given.size > 0 && (
        <p>
          Of {plural(given.size, 'text')}: A ({names[0]}) better on {better}, B ({names[1]}) on {worse}, neither on{' '}
          {alike}.
        </p>
      )}
    </div>
  )
}
