import { useState } from 'preact/hooks'
import type { ClassifyRequest, DetailedAnswer } from '../../core/classification.ts'
import { Fault, plural, save } from '../parts.tsx'
import { give, takeBack } from '../review/verdict.ts'
import { readReviewer } from '../reviewer.ts'

const stored = 'tagsmith.gold'

/** Texts with their right tags, whole, in this tab; what the service keeps of a text is its hash and its first words. */
export function useGold() {
  const [lines, setLines] = useState<readonly string[]>(() =>
    (sessionStorage.getItem(stored) ?? '').split('\n').filter(line => line !== ''),
  )
  const keep = (next: readonly string[]) => {
    sessionStorage.setItem(stored, next.join('\n'))
    setLines(next)
  }
  const without = (text: string) => lines.filter(line => JSON.parse(line).text !== text)
  return {
    lines,
    add: (text: string, tags: DetailedAnswer['tags']) => keep([...without(text), JSON.stringify({ text, tags })]),
    remove: (text: string) => keep(without(text)),
  }
}

type Gold = ReturnType<typeof useGold>

interface AddToGoldProps {
  readonly gold: Gold
  readonly body: ClassifyRequest
  readonly answer: DetailedAnswer
}

/** Says that an answer is right: from then on the service gives it for the text, until that is taken back. */
export function AddToGold({ gold, body: { text, prompt, tags }, answer }: AddToGoldProps) {
  const [textHash, setTextHash] = useState<string>()
  const [error, setError] = useState<unknown>()
  const attempt = async (work: () => Promise<void>) => {
    setError(undefined)
    await work().catch(setError)
  }
  const add = async () => {
    const none = answer.tags.length === 0 && ({ none: true } as const)
    const verdict = { accepted: answer.tags, rejected: [], missing: [], ...none }
    setTextHash(await give({ text, id: null, prompt, tags, by: readReviewer() }, verdict))
    gold.add(text, answer.tags)
  }
  const undo = async () => {
    await takeBack(textHash!, readReviewer())
    setTextHash(undefined)
    gold.remove(text)
  }
  return (
    <>
      <div class="row">
        {textHash === undefined ? (
          <button type="button" onClick={() => attempt(add)}>
            This is right: add to gold
          </button>
        ) : (
          <button type="button" onClick={() => attempt(undo)}>
            Take it out of gold
          </button>
        )}
      </div>
      {textHash !== undefined && (
        <p class="quiet" role="status">
          In gold. Until you take it out, the service gives this answer for this text without asking.
        </p>
      )}
      <Fault error={error} />
    </>
  )
}

export const GoldFile = ({ gold: { lines } }: { readonly gold: Gold }) =>
  lines.length === 0 ? null : (
    <div class="row">
      <span>Gold of this tab: {plural(lines.length, 'text')}</span>
      <button
        type="button"
        onClick={() => save('gold.jsonl', 'application/x-ndjson', [lines.map(line => `${line}\n`).join('')])}
      >
        Download gold.jsonl
      </button>
    </div>
  )
