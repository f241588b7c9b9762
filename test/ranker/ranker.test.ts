import { expect, test } from 'vitest'
import { loadWordVectors } from '../../src/ranker/meaning/word-vectors.ts'
import { createRanker } from '../../src/ranker/ranker.ts'
import { listOf, shippedTags } from '../support/tag-lists.ts'

const shipped = listOf(shippedTags())
const vectors = loadWordVectors()
const ranker = createRanker(shipped, { vectors })
const namesOf = (text: string) => ranker.select(text, 3).map(({ tag }) => tag.name)

const packetTracer = `# Wiretrail

Wiretrail follows packets through the network stack of the kernel and shows where they are dropped.

## Usage

Give it a filter as you would give tcpdump and watch a packet cross the firewall, the routing tables and the bridge.
`

test('a tracer of packets is about networking first', () => {
  expect(ranker.select(packetTracer, 3)[0]?.tag.id).toBe(36)
})

test('says which phrase it found, and where', () => {
  const [best] = ranker.rank(packetTracer)
  expect(best?.evidence).toContainEqual({ phrase: 'firewall', part: 'lead' })
})

test.each([
  ['a recipe', '# Chocolate cake\n\nMix flour, sugar, cocoa and eggs. Bake for forty minutes and serve with cream.'],
  ['filler', 'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore.'],
  [
    'a poem',
    'The fog comes on little cat feet. It sits looking over harbour and hill on silent haunches and moves on.',
  ],
])('finds nothing in %s', (_, text) => {
  expect(namesOf(text)).toEqual([])
})

test('answers with at most as many tags as asked for, best first', () => {
  const text =
    '# Kubernetes monitoring with Docker\n\nMonitoring of Kubernetes clusters, containers and GraphQL servers.'
  expect(ranker.select(text, 3)).toHaveLength(3)
  expect(ranker.select(text, 1)).toEqual(ranker.select(text, 3).slice(0, 1))
  const scores = ranker.rank(text).map(({ score }) => score)
  expect(scores).toEqual(scores.toSorted((left, right) => right - left))
})

test('names are enough, descriptions and aliases only help', () => {
  const bare = createRanker(listOf(shipped.tags.map(({ id, name }) => ({ id, name }))))
  expect(bare.select('# A networking toolkit\n\nTools for networking.', 3)[0]?.tag.id).toBe(36)
})
