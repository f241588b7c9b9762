import type { RefObject } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { BatchItem } from '../../core/batch/batch-results.ts'
import type { Tag } from '../../core/tags/tag-list.ts'
import { ask, pathOfBatch } from '../api.ts'
import { giveBack, mark, type Place } from './marks.ts'
import type { Waiting } from './order.ts'
import { give, takeBack, type Verdict } from './verdict.ts'

type Id = Tag['id']

export interface CardsProps {
  readonly batchId: string
  readonly prompt: string | undefined
  readonly queue: readonly Waiting[]
  readonly tags: readonly Tag[]
  /** Undefined when the list is that of the prompt. */
  readonly ownList: readonly Tag[] | undefined
  /** Who looks at them. */
  readonly by: string
}

interface Done {
  readonly place: number
  readonly textHash: string
  readonly chosen: readonly Id[]
  readonly agreed: boolean
}

interface Step {
  /** Where to go on to when another person has the item. */
  readonly step?: 1 | -1
  readonly restored?: readonly Id[]
}

/** A sitting over the queue: the card in hand, what was judged, and whether anything may be done right now. */
export function useCards({ batchId, prompt, queue, ownList, by }: CardsProps, area: RefObject<HTMLElement | null>) {
  const [place, setPlace] = useState(0)
  const [item, setItem] = useState<BatchItem>()
  const [chosen, setChosen] = useState<readonly Id[]>([])
  const [done, setDone] = useState<readonly Done[]>([])
  const [error, setError] = useState<unknown>()
  const [said, setSaid] = useState('')
  const [busy, setBusy] = useState(true)
  /** Nothing may be done until the card has been painted, and again while it is being saved. */
  const isDead = useRef(true)
  const inHand = useRef<Place | undefined>(undefined)
  const waiting = queue[place]

  const holds = useRef(0)
  /** Gives back what lets the keys act again, unless something else holds them by then. */
  const hold = () => {
    holds.current += 1
    const own = holds.current
    isDead.current = true
    setBusy(true)
    return () => {
      if (own !== holds.current) return
      isDead.current = false
      setBusy(false)
    }
  }
  const letGo = () => {
    if (inHand.current) giveBack(inHand.current)
    inHand.current = undefined
  }
  /** Where the text is, a person can have seen it once two frames have gone by. */
  const show = async (from: number, { step = 1, restored }: Step = {}): Promise<void> => {
    const release = hold()
    letGo()
    setError(undefined)
    setItem(undefined)
    let taken = 0
    for (let next = from; ; next += step) {
      const shown = queue[next]
      setPlace(next)
      if (shown === undefined) return step === 1 ? setSaid(takenInWords(taken)) : show(from + 1)
      setChosen(restored ?? shown.tags.map(({ id }) => id))
      const card = { batchId, index: shown.index, by }
      try {
        const [isMine, read] = await Promise.all([
          mark(card, 'open'),
          ask<BatchItem>(pathOfBatch(batchId, `/items/${shown.index}`)),
        ])
        if (!isMine) {
          taken += 1
          continue
        }
        inHand.current = card
        setItem(read)
        if (taken > 0) setSaid(takenInWords(taken))
        area.current?.focus()
        requestAnimationFrame(() => requestAnimationFrame(release))
      } catch (fault) {
        setError(fault)
        release()
      }
      return
    }
  }
  useEffect(() => {
    show(0)
    addEventListener('pagehide', letGo)
    return () => {
      removeEventListener('pagehide', letGo)
      letGo()
    }
  }, [queue])

  /** Saves something about the card in hand, and goes on to the next. */
  const finish = async (work: (card: Place) => Promise<string>) => {
    const card = inHand.current
    if (isDead.current || card === undefined) return
    const release = hold()
    setError(undefined)
    try {
      setSaid(await work(card))
      inHand.current = undefined
      await show(place + 1)
    } catch (fault) {
      setError(fault)
      release()
    }
  }
  const judge = (verdict: Verdict) =>
    finish(async card => {
      const { text, id = null, prompt: own = prompt, tags = ownList } = item!.request!
      const textHash = await give({ text, id, prompt: own, tags, by }, verdict)
      // When the five minutes are over another person may have it: then there are two opinions.
      await mark(card, 'judged')
      const agreed = verdict.rejected.length === 0 && verdict.missing.length === 0
      setDone(done => [...done.filter(other => other.place !== place), { place, textHash, chosen, agreed }])
      return `Saved: ${agreed ? 'as suggested' : 'corrected'}`
    })
  const skip = () =>
    finish(async card => {
      await mark(card, 'skipped')
      return 'Skipped for now'
    })
  const undo = async () => {
    const last = done.at(-1)
    if (last === undefined || (isDead.current && waiting !== undefined)) return
    const release = hold()
    setError(undefined)
    try {
      await takeBack(last.textHash, by)
      setDone(done.slice(0, -1))
      setSaid('Taken back')
      await show(last.place, { restored: last.chosen })
    } catch (fault) {
      setError(fault)
      release()
    }
  }
  const back = () => place > 0 && !isDead.current && show(place - 1, { step: -1 })

  return {
    ...{ place, waiting, item, chosen, setChosen, done, error, said, busy: busy && waiting !== undefined },
    /** When its item could not be read. */
    again: () => show(place),
    ...{ judge, skip, undo, back, isDead: () => isDead.current && waiting !== undefined },
  }
}

const takenInWords = (taken: number) =>
  taken === 0
    ? ''
    : `${taken === 1 ? 'One was' : `${taken} were`} passed over: another person has ${taken === 1 ? 'it' : 'them'}`
