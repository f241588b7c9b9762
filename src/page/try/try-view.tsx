import { useEffect, useRef, useState } from 'preact/hooks'
import type { Tag } from '../../core/tags/tag-list.ts'
import { note } from '../address.ts'
import { ask, pathOfPrompt, readPrompts, readTagList } from '../api.ts'
import { Field } from '../fields.tsx'
import { Copy, Fault, plural, useLoaded } from '../parts.tsx'
import { type Asked, asCommand, asCurl, askOnce, bodyOf, type ListedEndpoint, type Question } from './asked.ts'
import { AnswerPanel, QuestionForm } from './column.tsx'
import { Comparison } from './compare.tsx'
import { AddToGold, GoldFile, useGold } from './gold.tsx'
import { addressQueryOf, questionsOf } from './questions.ts'
import { readTexts, type Sample, samples } from './samples.ts'
import { TagListEditor } from './tag-list.tsx'

/** Answers that begin further down than this part of the screen are brought up when they come. */
const mostOfScreen = 0.6

interface Ended {
  readonly turn: number
  readonly text: string
  readonly questions: readonly Question[]
  readonly columns: readonly Asked[]
}

export function TryView({ query }: { readonly query: URLSearchParams }) {
  const [text, setText] = useState('')
  const [own, setOwn] = useState<readonly Sample[]>([])
  const [questions, setQuestions] = useState(() => questionsOf(query))
  const [edited, setEdited] = useState<readonly Tag[]>()
  const [asked, setAsked] = useState<Ended>()
  const [running, setRunning] = useState<AbortController>()
  const gold = useGold()
  const resultArea = useRef<HTMLDivElement>(null)

  const { value: known, error } = useLoaded(async signal => {
    const [prompts, endpoints] = await Promise.all([
      readPrompts(signal),
      ask<{ data: readonly ListedEndpoint[] }>('/endpoints', { signal }),
    ])
    return { prompts, endpoints: endpoints.data }
  }, [])
  const defaultPrompt = known?.prompts.find(prompt => prompt.is_default)?.name
  const listOwner = questions[0]!.prompt || defaultPrompt
  const list = useLoaded(
    async signal => (listOwner === undefined ? undefined : readTagList(pathOfPrompt(listOwner, '/tags'), signal)),
    [listOwner],
  )
  const tags = edited ?? list.value?.tags ?? []
  const bodies = questions.map(question => bodyOf(text, edited && [...edited], question))

  const change = (next: readonly Question[]) => {
    setQuestions(next)
    note(['try'], addressQueryOf(next, defaultPrompt))
  }
  /** The second column asks by another prompt, where there is one: that is what most want to compare. */
  const addColumn = () => {
    const other = known?.prompts.find(({ name }) => name !== listOwner)
    change([questions[0]!, { ...questions[0]!, prompt: other?.name ?? '' }])
  }
  const run = async () => {
    if (text.trim() === '') return
    running?.abort()
    const leaving = new AbortController()
    setRunning(leaving)
    const columns = await Promise.all(
      questions.map((question, index) =>
        askOnce(bodies[index]!, { question, defaultPrompt: defaultPrompt ?? '', signal: leaving.signal }),
      ),
    )
    if (leaving.signal.aborted) return
    setAsked(before => ({ turn: (before?.turn ?? 0) + 1, text, questions, columns }))
    setRunning(undefined)
  }
  useEffect(() => {
    const results = resultArea.current
    if (asked && results && results.getBoundingClientRect().top > innerHeight * mostOfScreen) results.scrollIntoView()
  }, [asked])
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
  const open = async (files: readonly File[]) => {
    const read = await readTexts(files)
    if (read.length > 1) setOwn([...own, ...read])
    if (read[0]) setText(read[0].text)
  }
  const drop = (event: DragEvent) => {
    const files = [...(event.dataTransfer?.files ?? [])]
    if (files.length === 0) return
    event.preventDefault()
    open(files)
  }
  const answers = asked?.columns.map(({ answer }) => answer) ?? []
  const nameOfPrompt = (index: number) => asked?.questions[index]?.prompt || (defaultPrompt ?? 'the default')

  return (
    <div class="stack">
      <h1>Try a text</h1>
      <fieldset class="row">
        <legend>Texts to try</legend>
        {[...samples, ...own].map((sample, index) => (
          <button type="button" key={index} aria-pressed={sample.text === text} onClick={() => setText(sample.text)}>
            {sample.name}
          </button>
        ))}
        <Field label="Files">
          <input
            type="file"
            multiple
            accept=".md,.txt"
            onChange={event => open([...(event.currentTarget.files ?? [])])}
          />
        </Field>
      </fieldset>
      <label class="field" onDrop={drop} onDragOver={event => event.preventDefault()}>
        <span>
          Text <small>paste it, or drop files here</small>
        </span>
        <textarea class="code" rows={8} value={text} onInput={event => setText(event.currentTarget.value)} />
      </label>
      <Fault error={error ?? list.error} />
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
            name={questions.length === 1 ? 'How to ask' : columnName(index)}
            prompts={known?.prompts ?? []}
            endpoints={known?.endpoints ?? []}
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
        <button type="button" onClick={questions.length > 1 ? () => change([questions[0]!]) : addColumn}>
          {questions.length > 1 ? 'One column' : 'Compare two'}
        </button>
        <Copy
          label="Copy as curl"
          text={() => bodies.map((body, index) => asCurl(body, questions[index]!)).join('\n')}
        />
        <Copy
          label="Copy as command"
          text={() => bodies.map((body, index) => asCommand(body, questions[index]!)).join('\n')}
        />
      </div>
      {asked && asked.text !== text && (
        <p class="warn">What stands below is of the text that was asked about before.</p>
      )}
      <div ref={resultArea} role="status">
        {asked && answers.length > 1 && (
          <Comparison
            key={JSON.stringify(asked.questions)}
            text={asked.text}
            title={[...own, ...samples].find(sample => sample.text === asked.text)?.name}
            answers={answers}
            names={[nameOfPrompt(0), nameOfPrompt(1)]}
          />
        )}
      </div>
      {asked && (
        <div class={asked.columns.length > 1 ? 'columns' : ''}>
          {asked.columns.map((column, index) => (
            <div key={`${asked.turn} ${index}`} class="stack">
              <AnswerPanel
                name={asked.columns.length > 1 ? columnName(index) : 'Answer'}
                text={asked.text}
                asked={column}
                other={answers[1 - index]}
              />
              {column.answer && <AddToGold gold={gold} body={column.body} answer={column.answer} />}
            </div>
          ))}
        </div>
      )}
      <GoldFile gold={gold} />
    </div>
  )
}

const columnName = (index: number): string => `Column ${'AB'[index]}`
