import { useEffect, useRef, useState } from 'preact/hooks'
import type { DetailedAnswer } from '../../core/classification.ts'
import type { Tag } from '../../core/tags/tag-list.ts'
import { note } from '../address.ts'
import { ask } from '../api.ts'
import { Copy, Fault, plural, save, useLoaded } from '../parts.tsx'
import kitchen from '../samples/kitchen-planner.md'
import letter from '../samples/letter.md'
import linegrep from '../samples/linegrep.md'
import retis from '../samples/retis.md'
import weather from '../samples/wetterdienst.md'
import { type Asked, asCommand, asCurl, askOnce, bodyOf, type ListedPrompt, type Question } from './asked.ts'
import { AnswerPanel, QuestionForm } from './column.tsx'
import { TagListEditor } from './tag-list.tsx'

const samples: readonly (readonly [name: string, text: string])[] = [
  ['retis', retis],
  ['a search tool', linegrep],
  ['a meal planner', kitchen],
  ['in German', weather],
  ['a letter', letter],
]
const nothing: Question = { prompt: '', maxTags: '', afresh: false }
const ranker = 'embedded-ranker'
const goldKey = 'tagsmith.gold'

export function TryView({ query }: { readonly query: URLSearchParams }) {
  const [text, setText] = useState('')
  const [questions, setQuestions] = useState<readonly Question[]>(() => {
    const first = { ...nothing, prompt: query.get('prompt') ?? '', maxTags: query.get('max') ?? '' }
    const second = query.get('against')
    return second === null ? [first] : [first, { ...nothing, prompt: second, maxTags: query.get('max2') ?? '' }]
  })
  const [edited, setEdited] = useState<readonly Tag[]>()
  const [asked, setAsked] = useState<{ text: string; columns: readonly Asked[] }>()
  const [running, setRunning] = useState<AbortController>()
  const [gold, setGold] = useState(() =>
    (sessionStorage.getItem(goldKey) ?? '').split('\n').filter(line => line !== ''),
  )
  const resultArea = useRef<HTMLDivElement>(null)

  const prompts = useLoaded(signal => ask<{ data: readonly ListedPrompt[] }>('/prompts', { signal }), [])
  const defaultPrompt = prompts.value?.data.find(prompt => prompt.is_default)?.name
  const listOwner = questions[0]!.prompt || defaultPrompt
  const list = useLoaded(
    async signal =>
      listOwner === undefined
        ? undefined
        : ask<{ tags: readonly Tag[] }>(`/prompts/${encodeURIComponent(listOwner)}/tags`, { signal }),
    [listOwner],
  )
  const tags = edited ?? list.value?.tags ?? []
  const bodies = questions.map(question => bodyOf(text, edited && [...edited], question))

  const change = (next: readonly Question[]) => {
    setQuestions(next)
    const [first, second] = next
    note(['try'], {
      prompt: first!.prompt,
      max: first!.maxTags,
      ...(second && { against: second.prompt || defaultPrompt, max2: second.maxTags }),
    })
  }
  const run = async () => {
    if (text.trim() === '') return
    running?.abort()
    const leaving = new AbortController()
    setRunning(leaving)
    const options = { defaultPrompt: defaultPrompt ?? '', signal: leaving.signal }
    const columns = await Promise.all(
      bodies.map((body, index) => askOnce(body, { ...options, afresh: questions[index]!.afresh })),
    )
    if (leaving.signal.aborted) return
    setAsked({ text, columns })
    setRunning(undefined)
    resultArea.current?.scrollIntoView({ block: 'nearest' })
  }
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.repeat) return
      event.preventDefault()
      run()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  })
  const stop = () => {
    running?.abort()
    setRunning(undefined)
  }
  const drop = async (event: DragEvent) => {
    const file = event.dataTransfer?.files[0]
    if (!file) return
    event.preventDefault()
    setText(await file.text())
  }
  const addToGold = ({ tags: ids }: DetailedAnswer) => {
    const lines = [...gold, JSON.stringify({ text: asked!.text, tags: ids })]
    sessionStorage.setItem(goldKey, lines.join('\n'))
    setGold(lines)
  }
  const answers = asked?.columns.map(({ answer }) => answer) ?? []

  return (
    <div class="stack">
      <h1>Try a text</h1>
      <fieldset class="row">
        <legend>Samples</legend>
        {samples.map(([name, sample]) => (
          <button type="button" key={name} onClick={() => setText(sample)}>
            {name}
          </button>
        ))}
      </fieldset>
      <label class="field" onDrop={drop} onDragOver={event => event.preventDefault()}>
        <span>
          Text <small>paste it, or drop a file here</small>
        </span>
        <textarea class="code" rows={10} value={text} onInput={event => setText(event.currentTarget.value)} />
      </label>
      <Fault error={prompts.error ?? list.error} />
      <details class="card">
        <summary>
          Tag list: {tags.length === 0 ? 'that of the prompt' : plural(tags.length, 'tag')}
          {edited && ', edited here'}
        </summary>
        <TagListEditor tags={tags} isEdited={edited !== undefined} onChange={setEdited} />
      </details>
      <div class={questions.length > 1 ? 'columns' : ''}>
        {questions.map((question, index) => (
          <QuestionForm
            key={index}
            name={nameOf(index, questions.length)}
            prompts={prompts.value?.data ?? []}
            question={question}
            onChange={changed => change(questions.map((other, place) => (place === index ? changed : other)))}
          />
        ))}
      </div>
      <div class="row">
        <button type="button" class="primary" disabled={text.trim() === '' || running !== undefined} onClick={run}>
          {running ? 'Asking…' : 'Ask for tags'} <kbd>Ctrl+Enter</kbd>
        </button>
        {running && (
          <button type="button" onClick={stop}>
            Stop
          </button>
        )}
        <button
          type="button"
          onClick={() => change(questions.length > 1 ? [questions[0]!] : [questions[0]!, { ...questions[0]! }])}
        >
          {questions.length > 1 ? 'One column' : 'Compare two'}
        </button>
        <Copy label="Copy as curl" text={() => bodies.map(asCurl).join('\n')} />
        <Copy label="Copy as command" text={() => bodies.map(asCommand).join('\n')} />
      </div>
      <div ref={resultArea} role="status">
        {asked && answers.length > 1 && <p class="verdict">{compare(answers)}</p>}
      </div>
      {asked && (
        <div class={asked.columns.length > 1 ? 'columns' : ''}>
          {asked.columns.map((column, index) => (
            <div key={index} class="stack">
              <AnswerPanel
                name={asked.columns.length > 1 ? nameOf(index, 2) : 'Answer'}
                text={asked.text}
                asked={column}
                other={answers[1 - index]}
              />
              {column.answer && (
                <button type="button" onClick={() => addToGold(column.answer!)}>
                  Add to gold
                </button>
              )}
            </div>
          ))}
        </div>
      )}
      {gold.length > 0 && (
        <div class="row">
          <span>{plural(gold.length, 'labelled text')} in this tab</span>
          <button type="button" onClick={() => save('gold.jsonl', 'application/x-ndjson', [`${gold.join('\n')}\n`])}>
            Download gold.jsonl
          </button>
        </div>
      )}
    </div>
  )
}

const nameOf = (index: number, of: number): string => (of === 1 ? 'How to ask' : `Column ${'AB'[index]}`)

function compare([left, right]: readonly (DetailedAnswer | undefined)[]): string {
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
