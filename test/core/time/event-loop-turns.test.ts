import { expect, test } from 'vitest'
import { createPieces, ownTurn } from '../../../src/core/time/event-loop-turns.ts'

test('of heavy work that is done in pieces, one piece is done in a turn of the event loop, whoever does it', async () => {
  let turns = 0
  let isOver = false
  const count = () => {
    turns += 1
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const pieces = 5
  const worker = async () => {
    for (let piece = 0; piece < pieces; piece += 1) await ownTurn()
  }
  await Promise.all(Array.from({ length: 4 }, worker))
  isOver = true
  expect(turns).toBeGreaterThanOrEqual(4 * pieces - 1)
})

test('small steps ask for no turn until they took long together', async () => {
  const pause = createPieces()
  expect(pause()).toBeUndefined()
  const begin = performance.now()
  while (performance.now() - begin < 20);
  expect(pause()).toBeInstanceOf(Promise)
})
