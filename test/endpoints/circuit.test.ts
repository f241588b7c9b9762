import { expect, test } from 'vitest'
import { createCircuit } from '../../src/endpoints/limits/circuit.ts'

const options = { texts: 3, span: 2_000, firstWait: 1_000, longestWait: 8_000 }

function startCircuit(more: Partial<typeof options> = {}) {
  let now = 0
  const told: boolean[] = []
  const circuit = createCircuit({ ...options, ...more, now: () => now, onChange: isOpen => told.push(isOpen) })
  const pass = (milliseconds: number) => {
    now += milliseconds
  }
  const begin = (text: string, caller = 'a') => circuit.begin({ caller, text })
  const admit = (text: string, caller = 'a') => circuit.admit({ caller, text })
  const state = (caller = 'a') => circuit.state({ caller })
  /** As many different texts as it takes, over as long as it takes. */
  const open = (caller = 'a') => {
    begin(`${caller}1`, caller).failed()
    pass(options.span)
    for (const text of [`${caller}2`, `${caller}3`]) begin(text, caller).failed()
  }
  return { ...circuit, told, pass, begin, admit, state, open }
}

test('different texts that fail for a while open the circuit, and it says so once', () => {
  const { open, admit, state, told } = startCircuit()
  open()
  expect([admit('fresh'), state(), told]).toEqual([1_000, 'open', [true]])
})

test('one text that fails again and again opens nothing', () => {
  const { begin, pass, state } = startCircuit()
  for (let count = 0; count < 50; count += 1) {
    begin('poison').failed()
    pass(1_000)
  }
  expect(state()).toBe('closed')
})

test('different texts that fail together open nothing', () => {
  const { begin, state } = startCircuit()
  for (let text = 0; text < 50; text += 1) begin(`text ${text}`).failed()
  expect(state()).toBe('closed')
})

test('the failing texts of one caller open nothing for another', () => {
  const { open, admit, state, openFor } = startCircuit()
  open('a')
  expect([admit('fresh', 'b'), state('b'), openFor()]).toEqual([0, 'closed', 1])
})

test('an answer to any caller closes the circuit of all', () => {
  const { open, begin, state, told } = startCircuit()
  for (const caller of ['a', 'b']) open(caller)
  begin('fresh', 'c').succeeded()
  expect([state('a'), state('b'), told]).toEqual(['closed', 'closed', [true, false]])
})

test('calls that began before the circuit opened leave its wait as it is when they fail', () => {
  const { open, begin, pass, admit } = startCircuit()
  const stragglers = Array.from({ length: 60 }, (_, index) => begin(`straggler ${index}`))
  open()
  pass(400)
  for (const straggler of stragglers) straggler.failed()
  expect(admit('fresh')).toBe(600)
})

test('trials that fail late leave the wait as it is: it grows with each that is let through', () => {
  const { open, begin, pass, admit } = startCircuit()
  open()
  const waits: number[] = []
  const trials = []
  for (let trial = 0; trial < 6; trial += 1) {
    const wait = admit(`next ${trial}`)
    waits.push(wait)
    pass(wait)
    expect(admit(`trial ${trial}`)).toBe(0)
    trials.push(begin(`trial ${trial}`))
  }
  for (const trial of trials) trial.failed()
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
  expect(admit('last')).toBe(8_000)
})

test('an endpoint that stalls for four seconds is asked again within four more', () => {
  const { begin, pass, admit, state } = startCircuit()
  let servedAt: number | undefined
  const stalled = []
  // Four calls a second, each of a text of its own, are cut after one second.
  for (let at = 0; servedAt === undefined && at < 60_000; at += 250) {
    for (const call of stalled.filter(({ end }) => end === at)) call.failed()
    if (admit(`text ${at}`) === 0) {
      const call = begin(`text ${at}`)
      if (at >= 4_000) {
        call.succeeded()
        servedAt = at
      } else stalled.push({ ...call, end: at + 1_000 })
    }
    pass(250)
  }
  expect(servedAt).toBeLessThan(8_000)
  expect(state()).toBe('closed')
})

test('a text that has failed does not take the turn of one that has not', () => {
  const { open, pass, admit, begin, state } = startCircuit()
  open()
  pass(1_000)
  for (let count = 0; count < 20; count += 1) {
    if (admit('a1') === 0) begin('a1').failed()
    pass(100)
  }
  expect(state()).toBe('half_open')
  expect(admit('fresh')).toBe(0)
})

test('a single text that failed finds out by itself that the endpoint is back', () => {
  const { open, pass, admit, begin, state } = startCircuit()
  open()
  pass(1_000)
  expect(admit('a1')).toBe(0)
  begin('a1').succeeded()
  expect(state()).toBe('closed')
})

test('texts that failed while a later call was answered open nothing any more, until they are answered', () => {
  const { begin, pass, state } = startCircuit()
  const poison = ['one', 'two', 'three']
  const fail = () => {
    for (const text of poison) begin(text).failed()
    pass(2_000)
  }
  fail()
  begin('sound').succeeded()
  for (let round = 0; round < 5; round += 1) fail()
  expect(state()).toBe('closed')
  pass(1)
  for (const text of poison) begin(text).succeeded()
  pass(1)
  for (let round = 0; round < 2; round += 1) fail()
  expect(state()).not.toBe('closed')
})

test('an answer to a call that began before shows nothing about the texts that failed since', () => {
  const { begin, pass, state } = startCircuit()
  const slow = begin('slow')
  pass(1)
  for (const text of ['one', 'two', 'three']) begin(text).failed()
  slow.succeeded()
  for (let round = 0; round < 2; round += 1) {
    for (const text of ['one', 'two', 'three']) begin(text).failed()
    pass(2_000)
  }
  expect(state()).not.toBe('closed')
})

test('a call that is cut counts once it had the time that the last answer took', () => {
  const { begin, pass, state } = startCircuit()
  const cutAfter = (milliseconds: number) => {
    for (let text = 0; text < 9; text += 1) {
      const call = begin(`${milliseconds} ${text}`)
      pass(milliseconds)
      call.cut()
    }
  }
  const answered = begin('answered')
  pass(900)
  answered.succeeded()
  cutAfter(800)
  expect(state()).toBe('closed')
  cutAfter(1_000)
  expect(state()).not.toBe('closed')
})
