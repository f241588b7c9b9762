import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createCircuit } from '../../src/services/circuit.ts'

const options = { failures: 3, span: 0, coolDown: 60, longestCoolDown: 100 }
const failing = (times: number) => {
  const circuit = createCircuit(options)
  for (let index = 0; index < times; index++) circuit.failed()
  return circuit
}

test('opens after so many failures in a row, and not before', () => {
  expect(failing(2).admit()).toBe(0)
  expect(failing(3).admit()).toBeGreaterThan(0)
})

test('one success closes it', () => {
  const circuit = failing(3)
  circuit.succeeded()
  expect([circuit.isOpen(), circuit.admit()]).toEqual([false, 0])
})

test('after a while one tries for all, and a failure leaves it open for longer', async () => {
  const circuit = failing(3)
  await sleep(70)
  expect(circuit.admit()).toBe(0)
  expect(circuit.admit()).toBeGreaterThan(0)
  circuit.failed()
  expect(circuit.admit()).toBeGreaterThan(60)
})

test('failures that come together are not enough', async () => {
  const circuit = createCircuit({ ...options, span: 50 })
  for (let index = 0; index < 20; index++) circuit.failed()
  expect(circuit.isOpen()).toBe(false)
  await sleep(60)
  circuit.failed()
  expect(circuit.isOpen()).toBe(true)
})
